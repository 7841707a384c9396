#include "storage/redis/cluster_links.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace parley {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds map_pause{200};  ///< at least, between two questions
// Servers of one round: were all of a large cluster out of reach, a round would take minutes.
constexpr std::size_t asked_max = 8;

}  // namespace

/// Hears what the links of one master say. The cluster owns it through them.
class cluster_links::ear final : public fan_out_sink, public slot_listener {
public:
  ear(std::weak_ptr<cluster_links> cluster, master_id master) : cluster_(std::move(cluster)), master_(master) {}

  void room_subscribed(room_key room) override {
    tell([&](fan_out_sink& s) { s.room_subscribed(room); });
  }
  void shard_subscribed(shard_id shard) override {
    tell([&](fan_out_sink& s) { s.shard_subscribed(shard); });
  }
  void room_published(room_envelope envelope) override {
    tell([&](fan_out_sink& s) { s.room_published(std::move(envelope)); });
  }
  void beacon_published(beacon b) override {
    tell([&](fan_out_sink& s) { s.beacon_published(std::move(b)); });
  }
  void shards_lost(std::vector<shard_id>) override {}  // one server's links do not say it
  void link_restored() override {
    note([this](cluster_book& b) { return b.opened(master_); });
  }
  void link_lost(std::string) override {
    note([this](cluster_book& b) { return b.lost(master_); });
  }

  void slot_ended(key_slot slot) override {
    note([&](cluster_book& b) { return b.ended(master_, slot); });
  }
  void subscription_redirected(key_slot slot, const redirection& where) override {
    note([&](cluster_book& b) { return b.subscription_redirected(master_, slot, where); });
  }
  void publish_redirected(const redirection& where) override {
    note([&](cluster_book& b) { return b.publish_redirected(master_, where); });
  }
  void open_failed() override {
    note([](cluster_book&) { return cluster_effects{learn_map{}}; });
  }

private:
  template <class Say>
  void tell(Say say) {
    const auto cluster = cluster_.lock();
    if (cluster && cluster->sink_ && cluster->book_.knows(master_)) say(*cluster->sink_);
  }
  template <class Note>
  void note(Note happened) {
    const auto cluster = cluster_.lock();
    if (cluster && cluster->book_.knows(master_)) cluster->perform(happened(cluster->book_));
  }

  std::weak_ptr<cluster_links> cluster_;
  master_id master_;
};

cluster_links::cluster_links(redis_link::strand where, redis_options options, redis_endpoint endpoint,
                             channel_names names, log& out, redis_probe& probe)
    : options_(std::move(options)),
      endpoint_(std::move(endpoint)),
      names_(std::move(names)),
      log_(out),
      probe_(probe),
      strand_(std::move(where)),
      retry_(options_.retry_delay_min, options_.retry_delay_max),
      timer_(strand_),
      random_(std::random_device{}()) {}

void cluster_links::start() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->phase_ != phase::idle) return;
    self->phase_ = phase::running;
    self->learn();
  });
}

void cluster_links::stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->phase_ = phase::stopped;
    self->timer_.cancel();
    if (const auto question = std::exchange(self->question_, nullptr)) question->give_up();
    self->routes_.clear();
    for (const auto& [id, links] : std::exchange(self->masters_, {})) links->stop();
    self->sink_.reset();
  });
}

void cluster_links::attach(std::shared_ptr<fan_out_sink> sink) {
  asio::post(strand_, [self = shared_from_this(), sink = std::move(sink)]() mutable {
    self->sink_ = std::move(sink);
    if (self->book_.is_up()) self->sink_->link_restored();
  });
}

void cluster_links::want(shard_id shard, std::string channel, channel_subject subject) {
  asio::post(strand_, [self = shared_from_this(), shard, channel = std::move(channel), subject] {
    self->perform(self->book_.want(channel, subject, shard));
  });
}

void cluster_links::unwant(std::string channel) {
  asio::post(strand_,
             [self = shared_from_this(), channel = std::move(channel)] { self->perform(self->book_.unwant(channel)); });
}

void cluster_links::publish(const std::string& channel, std::string envelope) {
  if (const auto master = routes_.of(slot_of(channel))) return master->publish(channel, std::move(envelope));
  probe_.messages_dropped(1);
}

// --- what the book asks for

void cluster_links::perform(cluster_effects effects) {
  if (phase_ == phase::stopped) return;
  for (const auto& effect : effects) std::visit([this](const auto& e) { perform(e); }, effect);
}

void cluster_links::perform(const open_master& e) {
  const auto heard = std::make_shared<ear>(weak_from_this(), e.master);
  const auto links =
      std::make_shared<endpoint_links>(strand_, options_, address_of(e.where), names_, log_, probe_, heard);
  masters_.emplace(e.master, links);
  links->attach(heard);
  links->start();
}

void cluster_links::perform(const close_master& e) {
  if (auto closed = masters_.extract(e.master)) closed.mapped()->stop();
}

void cluster_links::perform(const use_canary& e) { masters_.at(e.master)->use_canary_now(names_.canary(e.number)); }

void cluster_links::perform(const route_slots& e) {
  routes_.set(e.first, e.last, e.master ? masters_.at(*e.master) : nullptr);
}

void cluster_links::perform(const want_channel& e) { masters_.at(e.master)->want_now(e.channel, e.subject); }

void cluster_links::perform(const unwant_channel& e) { masters_.at(e.master)->unwant_now(e.channel); }

void cluster_links::perform(const tell_shards_lost& e) {
  if (sink_) sink_->shards_lost(e.shards);
}
void cluster_links::perform(const tell_link_lost&) {
  if (sink_) sink_->link_lost("no master of the cluster is left");
}
void cluster_links::perform(const tell_link_restored&) {
  if (sink_) sink_->link_restored();
}
void cluster_links::perform(const learn_map& e) {
  if (e.from) asks_first_ = e.from;
  learn_soon();
}

// --- the map

void cluster_links::learn_soon() {
  if (phase_ != phase::running || is_due_) return;
  if (question_) {
    asks_again_ = true;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const bool is_new = now - std::exchange(trouble_at_, now) > 2 * options_.retry_delay_max;
  // While slots move in a row, somebody always knows more: that is no reason to wait longer and longer.
  if (is_new || (is_settled_ && asks_first_)) retry_.succeeded();
  is_due_ = true;
  const std::chrono::steady_clock::duration drawn = retry_.next(std::uniform_real_distribution<>{}(random_));
  learn_after(std::max(drawn, asked_at_ + map_pause - now));
}

void cluster_links::learn_after(std::chrono::steady_clock::duration delay) {
  timer_.expires_after(delay);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    if (!ec && self->phase_ == phase::running) self->learn();
  });
}

void cluster_links::learn() {
  is_due_ = asks_again_ = false;
  if (question_) return;
  asked_at_ = std::chrono::steady_clock::now();
  question_ = std::make_shared<map_question>(strand_, candidates(), options_.open_timeout);
  question_->ask([this, weak = weak_from_this()](result<slot_map> map) {
    if (const auto self = weak.lock()) learnt(std::move(map));
  });
}

void cluster_links::learnt(result<slot_map> map) {
  question_.reset();
  if (map) {
    if (!std::exchange(complained_, "").empty() || masters_.empty()) {
      log_.write(log_level::info, "redis.cluster_learnt",
                 {{"endpoint", endpoint_.shown()}, {"masters", std::to_string(map->masters().size())}});
    }
    replicas_ = map->replicas();
    perform(book_.learnt(*map));
  } else {
    probe_.open_failed();
    complain(map.error().detail);
  }
  is_settled_ = map && !book_.has_homeless();
  if (!map || asks_again_) learn_soon();
  // A slot that goes elsewhere is noticed where it was used, and by what its former master says. Both can be missed: an
  // old master that is cut off from the others goes on as if nothing had happened. Then the next map shows it.
  if (!is_due_ && phase_ == phase::running) learn_after(options_.map_period);
}

/// Who probably knows, then a random choice of all that the last map and the configuration named.
std::deque<redis_address> cluster_links::candidates() {
  std::set<server_name> known = replicas_;
  for (auto& master : book_.masters()) known.insert(std::move(master));
  for (const auto& seed : endpoint_.seeds) known.insert(seed.where);
  std::vector<server_name> drawn(known.begin(), known.end());
  std::ranges::shuffle(drawn, random_);
  if (const auto first = std::exchange(asks_first_, std::nullopt)) drawn.insert(drawn.begin(), *first);
  std::deque<redis_address> asked;
  for (std::size_t i = 0; i < std::min(drawn.size(), asked_max); ++i) asked.push_back(address_of(drawn[i]));
  return asked;
}

/// They all have the same users.
redis_address cluster_links::address_of(const server_name& where) const {
  const auto& seed = endpoint_.seeds.front();
  return {where, seed.user, seed.password};
}

/// Once for each reason: what a cluster lacks, it lacks for a while.
void cluster_links::complain(const std::string& why) {
  if (why == complained_) return;
  complained_ = why;
  const bool is_no_cluster = why.find("cluster support disabled") != std::string::npos;
  const bool is_forbidden = why.find("NOPERM") != std::string::npos;
  log_.write(log_level::warn, "redis.no_slot_map",
             {{"endpoint", endpoint_.shown()},
              {"reason", why},
              {"do", is_no_cluster  ? "name it redis://HOST:PORT, or run it with cluster-enabled yes"
                     : is_forbidden ? "let its user run CLUSTER SLOTS (docs/operations.md, Redis)"
                                    : "start the cluster's servers; readers see events by polling meanwhile"}});
}

}  // namespace parley
