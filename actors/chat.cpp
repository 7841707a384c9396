#include "actors/chat.hpp"

#include "actors/connection_actor.hpp"
#include "actors/feeds_actor.hpp"
#include "actors/lean_sharing.hpp"
#include "actors/ownership_actor.hpp"
#include "actors/peer_reception.hpp"
#include "actors/router_actor.hpp"
#include "actors/shard_actor.hpp"
#include "actors/stop.hpp"
#include "actors/writer_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <utility>

namespace parley {
namespace {

/// Brings what an endpoint delivers to the feeds.
class feeds_sink final : public fan_out_sink {
public:
  feeds_sink(caf::actor feeds, std::size_t endpoint) : feeds_(std::move(feeds)), endpoint_(endpoint) {}

  void room_subscribed(room_key room) override { tell(msg::room_subscribed{room, endpoint_}); }
  void shard_subscribed(shard_id) override {}
  void room_published(room_envelope envelope) override { tell(msg::envelope{std::move(envelope)}); }
  void beacon_published(beacon b) override { tell(msg::beacon_heard{std::move(b)}); }
  void link_lost(std::string) override { tell(msg::link_lost{endpoint_}); }
  void link_restored() override {}  // each subscription comes back by its own confirmation
  void shards_lost(std::vector<shard_id> shards) override { tell(msg::shards_lost{endpoint_, std::move(shards)}); }

  void forget() {
    std::lock_guard lock(mutex_);
    feeds_ = nullptr;
  }

private:
  template <class Message>
  void tell(Message&& m) {
    std::lock_guard lock(mutex_);
    if (feeds_) caf::anon_send(feeds_, std::forward<Message>(m));
  }

  std::mutex mutex_;  // the adapter's thread, and the thread that stops the node
  caf::actor feeds_;
  std::size_t endpoint_;
};

class actor_conversation final : public conversation {
public:
  explicit actor_conversation(caf::actor actor) : actor_(std::move(actor)) {}

  void requested(client_request request) override { tell(msg::requested{std::move(request)}); }
  /// To a merge, a row that is about to be live is live: the word would only wake a worker, once for each join.
  void row_live(room_key, parley::generation, position) override {}
  void row_behind(room_key room, parley::generation gen, position at, bool was_live) override {
    tell(msg::row_behind{room, gen, at, was_live});
  }
  void drained(std::uint32_t token) override { tell(msg::drained{token}); }
  void closed() override { tell(msg::session_closed{}); }

private:
  template <class Message>
  void tell(Message&& m) {
    caf::anon_send(actor_, std::forward<Message>(m));
  }
  caf::actor actor_;
};

/// Runs `done` when the last of `count` has arrived.
std::shared_ptr<std::function<void()>> each_of(std::size_t count, std::function<void()> done) {
  auto left = std::make_shared<std::atomic<std::size_t>>(count);
  return std::make_shared<std::function<void()>>([left, done = std::move(done)] {
    if (--*left == 0) done();
  });
}

}  // namespace

struct chat::running {
  context_ptr context;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  std::vector<caf::actor> writers;
  std::vector<caf::actor> owners;
  std::vector<caf::actor> shards;
  std::vector<std::shared_ptr<feeds_sink>> sinks;
  std::unique_ptr<peer_reception> door;
  std::mutex mutex;  // guards what `open` and `stop` share
  caf::actor router;
  caf::actor feeds;
  bool is_ended = false;
};

chat::chat(chat_options options, std::vector<database_ports> databases, std::vector<fan_out*> endpoints,
           parley::log& log, chat_probe& probe, const machine_clock& clock, peer_network* peers)
    : running_(std::make_unique<running>()) {
  auto context = std::make_shared<chat_context>();
  context->options = std::move(options);
  context->databases = std::move(databases);
  for (auto& one : context->databases) one.reads = one.reads ? one.reads : one.log;
  context->endpoints = std::move(endpoints);
  context->log = &log;
  context->probe = &probe;
  context->clock = &clock;
  context->peers = peers;
  for (std::size_t i = 0; i < context->databases.size(); ++i)
    context->leases.push_back(std::make_unique<lease_clock>());
  running_->context = std::move(context);
  const auto workers = running_->context->options.workers;
  if (workers == 0) {
    running_->config.set("scheduler.policy", caf::atom("testing"));
  } else {
    running_->config.load<lean_coordinator>();
    running_->config.set("scheduler.max-threads", workers);
  }
  running_->config.set("logger.verbosity", caf::atom("quiet"));
}

chat::~chat() { stop(); }

void chat::start(live_front& front, std::function<void(const cluster_node&)> name_taken) {
  auto& r = *running_;
  r.context->front = &front;
  r.context->name_taken = std::move(name_taken);
  r.system = std::make_unique<caf::actor_system>(r.config);
  auto& system = *r.system;
  std::vector<std::unordered_map<shard_id, caf::actor>> by_database(r.context->databases.size());
  r.router = system.spawn<router_actor>(r.context);
  for (std::uint32_t i = 0; i < r.context->databases.size(); ++i) {
    r.writers.push_back(system.spawn<writer_actor>(r.context, database_id{i}));
  }
  for (std::uint32_t i = 0; i < r.context->options.shards; ++i) {
    const auto database = r.context->options.routes[i].database.value;
    r.shards.push_back(system.spawn<shard_actor>(r.context, shard_id{i}, r.writers[database], r.router));
    by_database[database].emplace(shard_id{i}, r.shards.back());
  }
  r.feeds = system.spawn<feeds_actor>(r.context, r.router);
  for (std::size_t i = 0; i < r.context->endpoints.size(); ++i) {
    r.sinks.push_back(std::make_shared<feeds_sink>(r.feeds, i));
    r.context->endpoints[i]->attach(r.sinks.back());
  }
  for (std::uint32_t i = 0; i < r.context->databases.size(); ++i) {
    r.owners.push_back(
        system.spawn<ownership_actor>(r.context, database_id{i}, std::move(by_database[i]), r.writers[i], r.router));
  }
  const msg::house house{r.shards, r.owners, r.feeds};
  caf::anon_send(r.router, house);
  if (r.context->peers != nullptr) {
    r.door = std::make_unique<peer_reception>(system, r.context, house);
    r.context->peers->serve(r.door.get());
  }
}

bool chat::is_ready() const {
  return !running_->context->is_stopping &&
         shards_owned() + running_->context->shards_elsewhere >= running_->context->options.shards;
}

std::size_t chat::shards_owned() const { return running_->context->shards_owned; }

std::size_t chat::shards_leased() const {
  const auto now = running_->context->clock->boot_now();
  std::size_t leased = 0;
  for (const auto& lease : running_->context->leases) {
    if (lease->is_valid(now)) leased += lease->shards;
  }
  return leased;
}

std::shared_ptr<conversation> chat::open(std::shared_ptr<session_port> session, std::string instance) {
  auto& r = *running_;
  std::lock_guard lock(r.mutex);
  if (!r.system || r.context->is_stopping) return nullptr;
  r.context->probe->connection_opened();
  return std::make_shared<actor_conversation>(
      r.system->spawn<connection_actor>(r.context, std::move(session), std::move(instance), r.router, r.feeds));
}

caf::actor_system& chat::system() { return *running_->system; }

bool chat::leave(std::function<void()> left) {
  auto& r = *running_;
  const std::lock_guard lock(r.mutex);
  if (!r.system || r.context->is_stopping || r.is_ended) return false;
  const auto done = each_of(r.owners.size(), std::move(left));
  for (const auto& owner : r.owners) caf::anon_send(owner, msg::leave{done});
  return true;
}

bool chat::release(std::function<void()> released) {
  auto& r = *running_;
  {
    std::lock_guard lock(r.mutex);
    if (!r.system || r.context->is_stopping.exchange(true)) return false;
  }
  // Each database for itself: one that is dead keeps its writer busy, and must not keep the others' shards.
  const auto done = each_of(r.owners.size(), std::move(released));
  for (std::size_t i = 0; i < r.writers.size(); ++i) {
    auto flushed = std::make_shared<std::function<void()>>(
        [owner = r.owners[i], done] { caf::anon_send(owner, msg::release{done}); });
    caf::anon_send(r.writers[i], msg::release{std::move(flushed)});
  }
  return true;
}

void chat::end() {
  auto& r = *running_;
  {
    std::lock_guard lock(r.mutex);
    if (!r.system || std::exchange(r.is_ended, true)) return;
    r.context->is_stopping = true;
  }
  for (auto& sink : r.sinks) sink->forget();
  if (r.door) {
    r.context->peers->serve(nullptr);
    r.door->end();
  }
  stop_now(r.feeds);
  stop_now(r.router);
  for (auto* actors : {&r.owners, &r.shards, &r.writers}) {
    for (auto& actor : *actors) stop_now(actor);
    actors->clear();
  }
  // A system without workers waits for nobody: whoever runs its steps runs the last ones too.
  if (r.context->options.workers == 0) return;
  dynamic_cast<lean_coordinator&>(r.system->scheduler()).data().jobs.close_to_guests();
  r.system.reset();
}

void chat::stop() {
  auto gate = std::make_shared<std::promise<void>>();
  auto released = gate->get_future();
  if (release([gate] { gate->set_value(); })) released.wait_for(running_->context->options.release_wait);
  end();
}

}  // namespace parley
