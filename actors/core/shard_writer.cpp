#include "actors/core/shard_writer.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

std::size_t size_of(const draft& d) {
  std::size_t bytes = 128 + d.sender.size() + d.client_msg_id.size() + d.body.text.size() + d.body.metadata.size();
  for (const auto& p : d.body.parts) bytes += 16 + p.type.size() + p.body.size();
  return bytes;
}

}  // namespace

shard_writer::shard_writer(std::string owner, shard_writer_options options)
    : owner_(std::move(owner)),
      options_(options),
      held_({options.retry_delay_min, options.retry_delay_max}),
      batch_events_now_(options.batch_events_max) {}

void shard_writer::open_shard(shard_id shard, parley::term under, attempt n) {
  auto& s = shards_[shard];
  s.term = under;
  s.n = n;
  s.last = std::max(s.last, n);
  s.not_before = {};
}

shard_writer::effects shard_writer::close_shard(shard_id shard) {
  effects out;
  auto found = shards_.find(shard);
  if (found == shards_.end()) return out;
  for (const auto& key : found->second.ready) {
    if (auto room = rooms_.find(key); room != rooms_.end()) fail_waiting(out, room->second);
  }
  shards_.erase(found);
  std::erase(ready_, shard);
  std::erase_if(rooms_, [&](const auto& entry) {
    if (entry.second.room->shard != shard) return false;
    held_.forget(entry.first);
    return true;
  });
  return out;
}

void shard_writer::open_room(const room_ref& room, room_head head, unix_time last_at) {
  held_.forget(room->key);
  rooms_.insert_or_assign(room->key, room_state{room, head, last_at, {}, 0, false});
}

void shard_writer::close_room(const room_key& room) {
  auto found = rooms_.find(room);
  if (found == rooms_.end() || !found->second.waiting.empty()) return;
  held_.forget(room);
  rooms_.erase(found);
}

shard_writer::effects shard_writer::enqueue(const room_key& room, ticket t, std::shared_ptr<const draft> d,
                                            failure_count heard, instant now, unix_time wall) {
  effects out;
  auto found = rooms_.find(room);
  const auto bytes = size_of(*d);
  // What fails because it left too early counts as no failure more: or a busy room, always one word behind, would never
  // write again. What follows it in its session inherits what it had heard.
  const bool is_early =
      found != rooms_.end() && heard < found->second.failures && !is_on(mutant::unheard_failure_passes);
  // Full: refuse at once what cannot be served in time, rather than let everything miss its deadline (C17).
  if (is_early || found == rooms_.end() || !shards_.contains(found->second.room->shard) ||
      queued_ >= options_.queued_max || queued_bytes_ + bytes > options_.queued_bytes_max) {
    send_results(out, {room, {{t, outcome::not_stored{}}}}, !is_early);
    return out;
  }
  auto& state = found->second;
  state.waiting.push_back({t, std::move(d), now + options_.deadline, bytes});
  ++queued_;
  queued_bytes_ += bytes;
  make_ready(state);
  pump(out, now, wall);
  return out;
}

shard_writer::effects shard_writer::appended(result<append_outcome> outcome, instant now, unix_time wall) {
  effects out;
  if (!flight_ || flight_->is_recovering) return out;
  const bool is_unknown = outcome.has_error() && outcome.error().code == errc::outcome_unknown;
  if (is_on(mutant::unknown_is_stored) && is_unknown)
    outcome = append_outcome{std::vector(flight_->shards.size(), shard_verdict::committed), {}};
  if (is_unknown && outcome.has_error() && !is_on(mutant::unknown_is_failed)) {
    flight_->is_recovering = true;
    send_recovery(out);
    return out;
  }
  auto f = std::move(*flight_);
  flight_.reset();
  if (outcome.has_error()) {
    failed_batch(out, f, outcome.error(), now);
  } else if (!outcome->duplicates.empty()) {
    answer_duplicates(out, f, outcome->duplicates, now);
  } else {
    retry_delay_ = milliseconds{0};
    if (f.drafts >= options_.gather_from) gather_until_ = now + options_.gather_time;
    batch_events_now_ = std::min(options_.batch_events_max, batch_events_now_ * 2);
    for (std::size_t i = 0; i < f.shards.size(); ++i)
      ended_shard(out, f.shards[i], outcome->verdicts.at(is_on(mutant::verdict_of_a_neighbour) ? 0 : i), now);
  }
  pump(out, now, wall);
  return out;
}

shard_writer::effects shard_writer::recovered(result<parley::recovered> outcome, instant now, unix_time wall) {
  effects out;
  if (!flight_ || !flight_->is_recovering) return out;
  flight_->is_recovery_sent = false;
  if (outcome.has_error()) {  // asked again, with larger ids, by the next tick after the delay
    back_off(now);
    return out;
  }
  auto f = std::move(*flight_);
  flight_.reset();
  retry_delay_ = milliseconds{0};
  std::span<const room_head> heads{outcome->heads};
  for (std::size_t i = 0; i < f.shards.size(); ++i) {
    auto& part = f.shards[i];
    const auto rooms = std::min(heads.size(), part.rooms.size());
    resolve(out, part, outcome->shards.at(i), heads.first(rooms));
    heads = heads.subspan(rooms);
  }
  pump(out, now, wall);
  return out;
}

shard_writer::effects shard_writer::tick(instant now, unix_time wall) {
  effects out;
  expire(out, now);
  if (flight_ && flight_->is_recovering && !flight_->is_recovery_sent && now >= retry_at_) send_recovery(out);
  pump(out, now, wall);
  return out;
}

void shard_writer::expire(effects& out, instant now) {
  // A room's drafts fail together: what is behind a failed write must not overtake its repeat (C16).
  for (const auto& id : ready_) {
    auto shard = shards_.find(id);
    if (shard == shards_.end()) continue;
    for (const auto& key : shard->second.ready) {
      auto room = rooms_.find(key);
      if (room == rooms_.end() || room->second.waiting.empty()) continue;
      if (room->second.waiting.front().deadline <= now) fail_waiting(out, room->second);
    }
  }
  if (!flight_) return;
  for (auto& part : flight_->shards) {
    for (auto& taken : part.rooms) {
      if (taken.is_answered || taken.drafts.empty() || taken.drafts.front().deadline > now) continue;
      if (is_on(mutant::late_is_failed)) answer_all(out, taken, outcome::not_stored{});
      answer_all(out, taken, outcome::unknown{});
      if (auto room = rooms_.find(taken.room->key); room != rooms_.end()) fail_waiting(out, room->second);
    }
  }
}

void shard_writer::back_off(instant now) {
  retry_delay_ = std::clamp(retry_delay_ * 2, options_.retry_delay_min, options_.retry_delay_max);
  retry_at_ = now + retry_delay_;
}

void shard_writer::fail_waiting(effects& out, room_state& room) {
  if (room.waiting.empty()) return;
  room_results results{room.room->key, {}};
  for (const auto& q : room.waiting) {
    results.outcomes.push_back({q.ticket, outcome::not_stored{}});
    --queued_;
    queued_bytes_ -= q.bytes;
  }
  room.waiting.clear();
  send_results(out, std::move(results), true);
}

void shard_writer::send_results(effects& out, room_results results, bool is_failure) {
  if (auto room = rooms_.find(results.room); room != rooms_.end()) {
    if (is_failure) ++room->second.failures;
    results.failures = room->second.failures;
  }
  out.push_back(std::move(results));
}

}  // namespace parley
