#include "actors/shard_actor.hpp"

#include "actors/core/mutant.hpp"
#include "actors/room_actor.hpp"
#include "actors/stop.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {
namespace {

constexpr std::size_t waiting_max = 10'000;  // writes of a room whose head is being read

}  // namespace

shard_actor::shard_actor(caf::actor_config& config, context_ptr context, shard_id shard, caf::actor writer)
    : event_based_actor(config),
      context_(std::move(context)),
      shard_(shard),
      writer_(std::move(writer)),
      beacons_(shard) {}

caf::behavior shard_actor::make_behavior() {
  return {
      [this](msg::write& m) { write(m); },
      [this](msg::head_question& m) { head(m); },
      [this](const msg::shard_moved& m) { moved(m); },
      [this](msg::room_loaded& m) { loaded(m); },
      [this](const msg::asleep& m) {
        auto found = rooms_.find(m.room);
        if (found == rooms_.end() || (found->second.forwarded != m.forwarded && !is_on(mutant::room_sleeps_on_a_write)))
          return;
        caf::anon_send(writer_, msg::close_room{m.room});
        stop_now(found->second.actor);
        rooms_.erase(found);
        context_->probe->room_slept();
      },
      [this](const msg::shard_opened& m) { opened(m); },
      [this](const msg::shard_closed& m) {
        if (owned_under_ == m.term) closed();
      },
      [this](const msg::tick&) {
        is_ticking_ = false;
        tick();
        keep_ticking();
      },
  };
}

void shard_actor::on_exit() {
  for (auto& [key, entry] : rooms_) stop_now(entry.actor);
  rooms_.clear();
  writer_ = nullptr;
}

// ---- ownership -------------------------------------------------------------------------------------------------

void shard_actor::opened(const msg::shard_opened& m) {
  if (owned_under_) closed();
  owned_under_ = m.mark.term;
  lease_era_ = m.lease_era;
  beacons_.opened(m.mark);
  keep_ticking();
}

void shard_actor::closed() {
  owned_under_.reset();
  for (auto& [key, entry] : rooms_) {
    for (const auto& waiting : entry.waiting) refuse(waiting, "the room's owner changed");
    if (entry.actor) caf::anon_send(entry.actor, msg::retire{});
  }
  rooms_.clear();
}

bool shard_actor::may_answer() const {
  const auto database = context_->options.routes[shard_.value].database;
  if (is_on(mutant::head_word_without_lease)) return owned_under_.has_value();
  return owned_under_ && context_->leases[database.value]->is_valid_in(lease_era_, context_->clock->boot_now());
}

// ---- rooms -----------------------------------------------------------------------------------------------------

void shard_actor::write(msg::write& m) {
  if (!owned_under_ || !gate_.admits(m.from.session, m.from.round)) {
    refuse(m, owned_under_ ? "a write before this one failed: repeat them in order" : "no node owns the room now");
    return;
  }
  auto& entry = rooms_[m.room->key];
  entry.used_at = context_->clock->boot_now();
  if (entry.actor) {
    ++entry.forwarded;
    caf::anon_send(entry.actor, std::move(m));
    return;
  }
  if (entry.waiting.size() >= waiting_max) {
    refuse(m, "the room has too many writes waiting");
    return;
  }
  const auto room = m.room;
  entry.waiting.push_back(std::move(m));
  if (entry.waking == 0) wake(room, entry);
}

void shard_actor::head(msg::head_question& m) {
  auto found = rooms_.find(m.room->key);
  if (!may_answer() || found == rooms_.end() || !found->second.actor) {
    caf::anon_send(m.feed, msg::head_word{m.q, std::nullopt});  // a read of storage is as good, and wakes nobody
    return;
  }
  ++found->second.forwarded;
  caf::anon_send(found->second.actor, std::move(m));
}

void shard_actor::wake(const room_ref& room, room_entry& entry) {
  entry.waking = ++wakings_;
  keep_ticking();
  context_->log_of(shard_).history(
      {room, history_query::side::newest, {}, 1, false},
      [self = caf::actor_cast<caf::actor>(this), key = room->key, waking = entry.waking](auto page) {
        caf::anon_send(self, msg::room_loaded{key, waking, std::move(page)});
      });
}

void shard_actor::loaded(msg::room_loaded& m) {
  auto found = rooms_.find(m.room);
  if (found == rooms_.end() || found->second.actor || found->second.waking != m.waking) return;
  auto& entry = found->second;
  if (m.newest.has_error()) {
    for (const auto& waiting : entry.waiting) refuse(waiting, "storage is out of reach");
    rooms_.erase(found);
    return;
  }
  const auto room = entry.waiting.front().room;
  entry.actor =
      spawn<room_actor>(context_, room, std::move(*m.newest), entry.waking, caf::actor_cast<caf::actor>(this), writer_);
  context_->probe->room_woken();
  for (auto& waiting : std::exchange(entry.waiting, {})) {
    ++entry.forwarded;
    caf::anon_send(entry.actor, std::move(waiting));
  }
}

void shard_actor::refuse(const msg::write& m, const char* why) {
  gate_.failed(m.from.session, m.from.round, context_->clock->boot_now());
  context_->probe->publish_refused();
  caf::anon_send(m.connection,
                 msg::write_answer{m.room, m.from.number, refusal{refusal_code::unavailable, why, milliseconds{500}}});
}

// ---- beacons and sleep -----------------------------------------------------------------------------------------

void shard_actor::moved(const msg::shard_moved& m) {
  if (owned_under_ != m.mark.term) return;
  beacons_.moved(m.mark, m.heads);
  keep_ticking();
}

void shard_actor::tick() {
  if (owned_under_) {
    if (auto b = beacons_.due(); b && !is_on(mutant::no_beacon)) context_->endpoint_of(shard_).publish(std::move(*b));
  }
  const auto now = context_->clock->boot_now();
  if (now - swept_at_ < seconds{1}) return;
  swept_at_ = now;
  gate_.forget_old(now);
  for (auto& [key, entry] : rooms_) {
    if (entry.actor && now - entry.used_at > context_->options.room_idle_max) {
      caf::anon_send(entry.actor, msg::sleep_question{entry.forwarded});
    }
  }
}

/// A shard without news and without awake rooms has no timer. All shards tick at the same moments: a timer that fires
/// alone wakes CAF's clock, a worker and the endpoint's thread for one beacon, and again at the other nodes.
void shard_actor::keep_ticking() {
  if (is_ticking_ || (!beacons_.has_news() && rooms_.empty())) return;
  is_ticking_ = true;
  const milliseconds period = beacons_.has_news() ? context_->options.beacon_period : milliseconds{1000};
  delayed_send(this, period - context_->clock->boot_now().time_since_epoch() % period, msg::tick{});
}

}  // namespace parley
