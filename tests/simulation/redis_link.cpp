#include "tests/simulation/redis_link.hpp"

#include "actors/core/mutant.hpp"
#include "storage/redis/canary_watch.hpp"
#include "storage/redis/retry_delay.hpp"
#include "storage/redis/subscription_book.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace parley::simulation {
namespace {

// The defaults of redis_options.
constexpr milliseconds redis_delay_min{50}, redis_delay_max{2000}, canary_period{250}, open_timeout{2000};
constexpr milliseconds map_learnt{200};  // at the latest, after a slot went

resp_value push(std::string_view what, const std::string& channel) {
  using kind = resp_value::value_kind;
  resp_value made{kind::array, {}, 0, {}};
  for (const auto& text : {std::string(what), channel, std::string()})
    made.elements.push_back({kind::string, text, 0, {}});
  return made;
}

std::string channel_of(shard_id shard) { return "beacon:" + std::to_string(shard.value); }
std::string channel_of(const room_ref& room) { return "room:" + room->key.hex(); }

/// The answer to the PING behind a command.
resp_value pong() {
  using kind = resp_value::value_kind;
  return {kind::array, {}, 0, {{kind::string, "pong", 0, {}}, {kind::string, "", 0, {}}}};
}

}  // namespace

struct redis_link::core : std::enable_shared_from_this<core> {
  core(agenda& t, network& n, host_ptr h, redis_model& s, bool is_sharded)
      : time(t), net(n), node(std::move(h)), server(s), dialect(is_sharded ? sharded_pubsub : plain_pubsub) {
    book.want(canary_name, canary_channel{});
  }

  enum class phase { opening, standing, resting };

  agenda& time;
  network& net;
  host_ptr node;
  redis_model& server;
  std::shared_ptr<fan_out_sink> sink;
  pubsub_dialect dialect;
  subscription_book book{dialect};
  std::map<std::string, channel_subject> wishes;  ///< by channel: those of a slot that went are asked for again
  std::set<std::string> ended;                    ///< the tags of such slots
  canary_watch canary;
  retry_delay retry{redis_delay_min, redis_delay_max};
  phase now = phase::resting;
  wire_ptr publishing, subscribing;
  std::uint64_t life = 0;  ///< of the pair
  std::uint64_t subscriber = 0;
  unsigned open = 0;
  bool was_heard = false;
  bool has_stood = false;

  const std::string canary_name = "canary:" + std::to_string(server.new_name());

  /// Runs unless the pair has been given up meanwhile.
  task while_open(void (core::*step)()) {
    return [self = weak_from_this(), mine = life, step] {
      if (auto c = self.lock(); c && c->life == mine) (*c.*step)();
    };
  }

  // ---- the links' life

  void open_links() {
    ++life;
    now = phase::opening;
    open = 0;
    publishing = open_link(false);
    subscribing = open_link(true);
    node->after(open_timeout, while_open(&core::give_up_opening));
  }

  wire_ptr open_link(bool subscribes) {
    auto made = std::make_shared<wire>(time, net, node, server.machine_ptr());
    made->on_lost_near(while_open(&core::lose));
    made->to_far([self = shared_from_this(), mine = life, w = made, subscribes] {
      if (!self->server.is_up()) return w->cut();
      const auto who = self->server.open(w);
      w->to_near([self, mine, who, subscribes] {
        if (self->life != mine) return;
        if (subscribes) self->subscriber = who;
        if (++self->open == 2) self->stand();
      });
    });
    return made;
  }

  void give_up_opening() {
    if (now == phase::opening) lose();
  }

  void stand() {
    now = phase::standing;
    canary = {};
    was_heard = false;
    if (is_on(mutant::no_resubscribe) && std::exchange(has_stood, true)) {
      book = subscription_book{dialect};
      book.want(canary_name, canary_channel{});
    }
    book.link_opened();
    if (sink) sink->link_restored();
    send_wishes();
    node->after(canary_period, while_open(&core::canary_due));
  }

  void lose() {
    const bool stood = now == phase::standing;
    ++life;
    now = phase::resting;
    publishing->close_near();
    subscribing->close_near();
    book.link_lost();
    ended.clear();
    if (stood) {
      ++server.tally().links_lost;
      if (sink) sink->link_lost("lost");
    }
    const auto delay = retry.next(static_cast<double>(time.below(1000)) / 1000);
    node->after(delay, while_open(&core::open_links));
  }

  // ---- subscribing

  std::string in(shard_id shard, std::string channel) const {
    return dialect.is_sharded ? tag_of(shard) + channel : channel;
  }

  void want(const std::string& channel, channel_subject subject) {
    wishes.insert_or_assign(channel, subject);
    if (book.want(channel, subject)) return told(subject);
    send_wishes();
  }

  void unwant(const std::string& channel) {
    wishes.erase(channel);
    book.unwant(channel);
    send_wishes();
  }

  void send_wishes() {
    if (now != phase::standing) return;
    for (const auto& c : book.commands()) {
      subscribing->to_far([self = shared_from_this(), c, w = subscribing, mine = life, who = subscriber] {
        if (!self->server.is_up()) return w->cut();
        for (const auto& channel : c.channels) self->carry_out(c.verb, channel, w, mine, who);
        if (self->dialect.is_sharded) w->to_near([self, mine] { self->heard(mine, pong(), {}); });
      });
    }
  }

  /// At the server.
  void carry_out(subscription_command::verb_kind verb, const std::string& channel, const wire_ptr& w,
                 std::uint64_t mine, std::uint64_t who) {
    const auto self = shared_from_this();
    const bool subscribes = verb == subscription_command::verb_kind::subscribe;
    if (subscribes) {
      server.subscribe(
          who, channel,
          [self, w, mine, channel](const redis_model::copy& m) {
            w->to_near([self, mine, channel, m] { self->heard(mine, push(self->dialect.message, channel), m); });
          },
          [self, w, mine, channel] {
            w->to_near([self, mine, channel] { self->heard(mine, push(self->dialect.unsubscribed, channel), {}); });
          });
    } else {
      server.unsubscribe(who, channel);
    }
    w->to_near([self, mine, channel, subscribes] {
      self->heard(mine, push(subscribes ? self->dialect.subscribed : self->dialect.unsubscribed, channel), {});
    });
  }

  void heard(std::uint64_t mine, resp_value what, const redis_model::copy& message) {
    if (life != mine) return;
    was_heard = true;
    const auto channel = what.elements[1].text;
    const auto reply = book.replied(std::move(what));
    if (std::holds_alternative<channel_message>(reply)) return show(message);
    if (std::holds_alternative<reply_fault>(reply)) return lose();
    if (const auto* confirmed = std::get_if<subscription_confirmed>(&reply)) told(confirmed->subject);
    if (std::holds_alternative<subscription_ended>(reply)) slot_went(channel);
    send_wishes();
  }

  /// Told once for all of its channels; the server that has it now is known a while later.
  void slot_went(const std::string& channel) {
    const auto tag = channel.substr(0, channel.find('}') + 1);
    if (!ended.insert(tag).second) return;
    if (sink) sink->shards_lost({shard_id{static_cast<std::uint32_t>(std::stoul(tag.substr(1)))}});
    node->after(time.up_to(map_learnt), [self = weak_from_this(), mine = life, tag] {
      if (auto c = self.lock(); c && c->life == mine) c->ask_again(tag);
    });
  }

  void ask_again(const std::string& tag) {
    ended.erase(tag);
    for (auto at = wishes.lower_bound(tag); at != wishes.end() && at->first.starts_with(tag); ++at) {
      if (book.want(at->first, at->second)) told(at->second);
    }
    send_wishes();
  }

  void told(const channel_subject& subject) {
    if (!sink) return;
    if (const auto* room = std::get_if<room_key>(&subject)) sink->room_subscribed(*room);
    if (const auto* shard = std::get_if<shard_id>(&subject)) sink->shard_subscribed(*shard);
  }

  void show(const redis_model::copy& m) {
    if (m.envelope && sink) sink->room_published(*m.envelope);
    if (m.word && sink) sink->beacon_published(*m.word);
    if (m.canary == 0) return;
    canary.returned(m.canary);
    retry.succeeded();
  }

  // ---- publishing

  void publish(const std::string& channel, redis_model::copy m) {
    if (now != phase::standing) return;  // dropped: nothing is decided by it
    publishing->to_far([self = shared_from_this(), w = publishing, channel, m = std::move(m)] {
      if (!self->server.is_up()) return w->cut();
      self->server.publish(channel, m);
    });
  }

  void canary_due() {
    const auto number = canary.tick(std::exchange(was_heard, false));
    if (!number) return lose();
    publish(canary_name, {nullptr, nullptr, *number});
    node->after(canary_period, while_open(&core::canary_due));
  }
};

redis_link::redis_link(agenda& time, network& net, host_ptr node, redis_model& server, bool is_sharded)
    : core_(std::make_shared<core>(time, net, std::move(node), server, is_sharded)) {}

std::string redis_link::tag_of(shard_id shard) { return "{" + std::to_string(shard.value) + "}"; }

void redis_link::cut() {
  if (core_->subscribing) core_->subscribing->cut();
  if (core_->publishing) core_->publishing->cut();
}

void redis_link::attach(std::shared_ptr<fan_out_sink> sink) {
  core_->sink = std::move(sink);
  core_->open_links();
}

void redis_link::subscribe(room_ref room) { core_->want(core_->in(room->shard, channel_of(room)), room->key); }
void redis_link::unsubscribe(room_ref room) { core_->unwant(core_->in(room->shard, channel_of(room))); }
void redis_link::subscribe(shard_id shard) { core_->want(core_->in(shard, channel_of(shard)), shard); }
void redis_link::unsubscribe(shard_id shard) { core_->unwant(core_->in(shard, channel_of(shard))); }

void redis_link::publish(room_ref room, room_envelope envelope) {
  const auto channel = core_->in(room->shard, channel_of(room));
  core_->publish(channel, {std::make_shared<room_envelope>(std::move(envelope)), nullptr, 0});
}
void redis_link::publish(beacon b) {
  const auto shard = b.shard;
  core_->publish(core_->in(shard, channel_of(shard)), {nullptr, std::make_shared<beacon>(std::move(b)), 0});
}

}  // namespace parley::simulation
