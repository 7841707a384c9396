#include "actors/shard_actor.hpp"

#include "actors/core/mutant.hpp"
#include "actors/core/peer_sessions.hpp"
#include "actors/room_actor.hpp"
#include "actors/stop.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {
namespace {

constexpr std::size_t waiting_max = 10'000;  // writes of a room whose head is being read

}  // namespace

shard_actor::shard_actor(caf::actor_config& config, context_ptr context, shard_id shard, caf::actor writer,
                         caf::actor router)
    : event_based_actor(config),
      context_(std::move(context)),
      shard_(shard),
      writer_(std::move(writer)),
      router_(std::move(router)),
      beacons_(shard) {}

caf::behavior shard_actor::make_behavior() {
  return {
      [this](msg::write& m) { write(m); },
      [this](msg::head_question& m) { head(m); },
      [this](const msg::shard_moved& m) { moved(m); },
      [this](msg::room_loaded& m) { loaded(m); },
      [this](const msg::asleep& m) {
        auto found = rooms_.find(m.room);
        if (tenure_.is_handing_over()) return;  // it still has to say `flushed`
        if (found == rooms_.end() || (found->second.forwarded != m.forwarded && !is_on(mutant::room_sleeps_on_a_write)))
          return;
        caf::anon_send(writer_, msg::close_room{m.room});
        stop_now(found->second.actor);
        rooms_.erase(found);
        context_->probe->room_slept();
      },
      [this](const msg::shard_opened& m) { opened(m); },
      [this](const msg::shard_closed& m) {
        if (tenure_.under() == m.term) closed();
      },
      [this](const msg::hand_over& m) {
        if (tenure_.under() == m.term) hand_over();
      },
      [this](const msg::flushed& m) { flushed(m); },
      [this](const msg::retired& m) { retired(m.term); },
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
  router_ = nullptr;
  ownership_ = nullptr;
}

// ---- ownership -------------------------------------------------------------------------------------------------

void shard_actor::opened(const msg::shard_opened& m) {
  if (tenure_.under()) closed();
  ownership_ = caf::actor_cast<caf::actor>(current_sender());
  if (!tenure_.open(m.mark.term, m.lease_era)) {
    caf::anon_send(ownership_, msg::shard_not_opened{shard_, m.mark.term});
    return;
  }
  database_ = m.database;
  if (m.writer) writer_ = m.writer;
  beacons_.opened(m.mark);
  caf::anon_send(router_, msg::shard_here{shard_, m.mark.term});
  keep_ticking();
}

void shard_actor::closed() {
  const auto under = *tenure_.under();
  tenure_.close();
  auto& left = retiring_[under];
  ++left;
  for (auto& [key, entry] : rooms_) {
    for (auto& waiting : entry.waiting) give_back(waiting);
    if (!entry.actor) continue;
    ++left;
    caf::anon_send(entry.actor, msg::retire{under});
    context_->probe->room_slept();  // its next owner wakes it
  }
  rooms_.clear();
  retired(under);
}

/// The last word about a term comes after every room's: what they answered, the router has heard before it.
void shard_actor::retired(term under) {
  const auto found = retiring_.find(under);
  if (found == retiring_.end() || --found->second > 0) return;
  retiring_.erase(found);
  caf::anon_send(router_, msg::shard_flushed{shard_, under});
}

void shard_actor::hand_over() {
  const auto under = *tenure_.under();
  tenure_.hand_over();
  unflushed_ = 1;
  for (auto item = rooms_.begin(); item != rooms_.end();) {
    auto& entry = item->second;
    for (auto& waiting : std::exchange(entry.waiting, {})) give_back(waiting);
    if (!entry.actor) {
      item = rooms_.erase(item);
      continue;
    }
    ++unflushed_;
    caf::anon_send(entry.actor, msg::flush{under});
    ++item;
  }
  flushed({under});
}

void shard_actor::flushed(const msg::flushed& m) {
  if (!tenure_.is_handing_over() || tenure_.under() != m.term || --unflushed_ > 0) return;
  caf::anon_send(ownership_, msg::shard_ready{shard_, m.term});
}

bool shard_actor::may_answer() const {
  const auto& lease = *context_->leases[database_.value];
  return tenure_.may_answer(lease.is_valid_in(tenure_.lease_era(), context_->clock->boot_now()));
}

// ---- rooms -----------------------------------------------------------------------------------------------------

void shard_actor::write(msg::write& m) {
  if (!tenure_.takes(m.under)) return give_back(m);
  if (!gate_.admits(m.from.session, m.from.round)) {
    refuse(m, "a write before this one failed: repeat them in order");
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
  entry.actor = spawn<room_actor>(context_, room, std::move(*m.newest), entry.waking, caf::actor_cast<caf::actor>(this),
                                  writer_, router_);
  context_->probe->room_woken();
  for (auto& waiting : std::exchange(entry.waiting, {})) {
    ++entry.forwarded;
    caf::anon_send(entry.actor, std::move(waiting));
  }
}

void shard_actor::refuse(const msg::write& m, const char* why) {
  gate_.failed(m.from.session, m.from.round, context_->clock->boot_now());
  if (!is_of_peer(m.from.session)) caf::anon_send(router_, msg::order_broken{shard_, m.from.session, m.from.round});
  context_->probe->publish_refused();
  caf::anon_send(m.connection,
                 msg::write_answer{m.room, m.from.number, refusal{refusal_code::unavailable, why, milliseconds{500}}});
}

void shard_actor::give_back(msg::write& m) {
  tenure_.gave_back(m.under);
  const auto to = is_of_peer(m.from.session) ? m.connection : router_;
  caf::anon_send(to, msg::write_returned{std::move(m)});
}

// ---- beacons and sleep -----------------------------------------------------------------------------------------

void shard_actor::moved(const msg::shard_moved& m) {
  if (tenure_.under() != m.mark.term) return;
  beacons_.moved(m.mark, m.heads);
  keep_ticking();
}

void shard_actor::tick() {
  if (tenure_.under()) {
    if (auto b = beacons_.due(); b && !is_on(mutant::no_beacon)) context_->publish(std::move(*b));
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
