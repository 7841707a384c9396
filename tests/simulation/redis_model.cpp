#include "tests/simulation/redis_model.hpp"

#include "actors/core/mutant.hpp"

namespace parley::simulation {

void redis_model::subscribe(std::uint64_t who, const channel& what, subscriber how) {
  channels_[what].insert_or_assign(who, std::move(how));
}

void redis_model::gone(std::uint64_t who) {
  for (auto& [what, subscribers] : channels_) subscribers.erase(who);
}

void redis_model::publish(const channel& what, const copy& message) {
  ++tally_.published;
  if (is_split_ || time_.chance(dropped_percent_)) {
    ++tally_.dropped;
    return;
  }
  if (time_.chance(doubled_percent_)) {
    ++tally_.doubled;
    deliver(what, message);
  }
  if (time_.chance(held_percent_)) {
    ++tally_.reordered;
    return host_->after(time_.up_to(milliseconds{30}), [this, what, message] { deliver(what, message); });
  }
  deliver(what, message);
}

void redis_model::deliver(const channel& what, const copy& message) {
  const auto found = channels_.find(what);
  if (found == channels_.end()) return;
  for (const auto& [who, s] : found->second) {
    ++tally_.delivered;
    s.send(message);
  }
}

void redis_model::stop() {
  is_up_ = false;
  channels_.clear();
}

// ---- the adapter -----------------------------------------------------------------------------------------------

struct redis_link::core : std::enable_shared_from_this<core> {
  core(agenda& t, network& n, host_ptr h, redis_model& s) : time(t), net(n), node(std::move(h)), server(s) {}

  agenda& time;
  network& net;
  host_ptr node;
  redis_model& server;
  std::shared_ptr<fan_out_sink> sink;
  std::map<redis_model::channel, task> wanted;  ///< each with its word of confirmation
  wire_ptr subscriber, publisher;
  std::uint64_t who = 0, life = 0, publisher_life = 0;
  instant heard{};
  bool is_ready = false, is_publisher_ready = false;

  void connect() {
    const auto mine = ++life;
    who = server.new_subscriber();
    subscriber = std::make_shared<wire>(time, net, node, server.machine_ptr());
    subscriber->on_lost_near([self = weak_from_this(), mine] {
      if (auto c = self.lock(); c && c->life == mine) c->lost();
    });
    // The server forgets who hangs up.
    subscriber->on_lost_far([self = weak_from_this(), &s = server, id = who] { s.gone(id); });
    heard = node->boot_now();
    subscriber->to_far([self = shared_from_this(), mine, w = subscriber] {
      if (!self->server.is_up()) return w->cut();
      w->to_near([self, mine] {
        if (self->life != mine) return;
        self->is_ready = true;
        if (is_on(mutant::no_resubscribe)) return;
        for (const auto& [what, confirmed] : self->wanted) self->ask(what);
      });
    });
    canary(mine);
  }

  /// Every 250 ms (C10c): three missed mean a half-open link.
  void canary(std::uint64_t mine) {
    node->after(milliseconds{250}, [self = weak_from_this(), mine] {
      auto c = self.lock();
      if (!c || c->life != mine) return;
      if (c->node->boot_now() - c->heard > milliseconds{750}) {
        c->subscriber->close_near();
        return c->lost();
      }
      c->subscriber->to_far([c, mine, w = c->subscriber] {
        if (!c->server.is_up()) return w->cut();
        w->to_near([c, mine] {
          if (c->life == mine) c->heard = c->node->boot_now();
        });
      });
      c->canary(mine);
    });
  }

  void lost() {
    ++life;
    const bool was_ready = std::exchange(is_ready, false);
    if (was_ready) {
      ++server.tally().links_lost;
      if (sink) sink->link_lost("lost");
    }
    node->after(time.between(milliseconds{20}, milliseconds{500}), [self = weak_from_this(), mine = life] {
      if (auto c = self.lock(); c && c->life == mine) c->connect();
    });
  }

  void ask(const redis_model::channel& what) {
    if (!is_ready) return;
    subscriber->to_far([self = shared_from_this(), what, w = subscriber, mine = life, id = who] {
      if (!self->server.is_up()) return w->cut();
      self->server.subscribe(id, what, {[self, w, mine](const redis_model::copy& m) {
                               w->to_near([self, mine, m] {
                                 if (self->life != mine || !self->sink) return;
                                 if (m.envelope) self->sink->room_published(*m.envelope);
                                 if (m.word) self->sink->beacon_published(*m.word);
                               });
                             }});
      w->to_near([self, what, mine] {
        auto found = self->wanted.find(what);
        if (self->life == mine && found != self->wanted.end()) found->second();
      });
    });
  }

  void want(const redis_model::channel& what, task confirmed) {
    wanted.insert_or_assign(what, std::move(confirmed));
    ask(what);
  }

  void drop(const redis_model::channel& what) {
    wanted.erase(what);
    if (!is_ready) return;
    subscriber->to_far([self = shared_from_this(), what, id = who] { self->server.unsubscribe(id, what); });
  }

  void connect_publisher() {
    const auto mine = ++publisher_life;
    publisher = std::make_shared<wire>(time, net, node, server.machine_ptr());
    is_publisher_ready = true;  // what is sent before it is connected waits in its socket
    publisher->on_lost_near([self = weak_from_this(), mine] {
      auto c = self.lock();
      if (!c || c->publisher_life != mine) return;
      c->is_publisher_ready = false;
      c->node->after(c->time.between(milliseconds{20}, milliseconds{500}), [self] {
        if (auto again = self.lock()) again->connect_publisher();
      });
    });
  }

  void publish(const redis_model::channel& what, redis_model::copy m) {
    if (!is_publisher_ready) return;  // dropped: nothing is decided by it
    publisher->to_far([self = shared_from_this(), w = publisher, what, m = std::move(m)] {
      if (!self->server.is_up()) return w->cut();
      self->server.publish(what, m);
    });
  }
};

redis_link::redis_link(agenda& time, network& net, host_ptr node, redis_model& server)
    : core_(std::make_shared<core>(time, net, std::move(node), server)) {}

void redis_link::cut() {
  if (core_->subscriber) core_->subscriber->cut();
  if (core_->publisher) core_->publisher->cut();
}

void redis_link::attach(std::shared_ptr<fan_out_sink> sink) {
  core_->sink = std::move(sink);
  core_->connect();
  core_->connect_publisher();
}

void redis_link::subscribe(room_ref room) {
  core_->want({false, room->key.hex()}, [c = core_.get(), key = room->key] { c->sink->room_subscribed(key); });
}
void redis_link::unsubscribe(room_ref room) { core_->drop({false, room->key.hex()}); }

void redis_link::subscribe(shard_id shard) {
  core_->want({true, std::to_string(shard.value)}, [c = core_.get(), shard] { c->sink->shard_subscribed(shard); });
}
void redis_link::unsubscribe(shard_id shard) { core_->drop({true, std::to_string(shard.value)}); }

void redis_link::publish(room_ref room, room_envelope envelope) {
  core_->publish({false, room->key.hex()}, {std::make_shared<room_envelope>(std::move(envelope)), nullptr});
}
void redis_link::publish(beacon b) {
  const auto shard = b.shard.value;
  core_->publish({true, std::to_string(shard)}, {nullptr, std::make_shared<beacon>(std::move(b))});
}

}  // namespace parley::simulation
