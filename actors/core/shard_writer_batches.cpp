// Building a batch: whose turn it is, how much goes, and which numbers it gets.
#include "actors/core/shard_writer.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley {

void shard_writer::make_ready(room_state& room) {
  auto& shard = shards_.at(room.room->shard);
  if (!room.is_ready) {
    room.is_ready = true;
    shard.ready.push_back(room.room->key);
  }
  if (!shard.is_ready) {
    shard.is_ready = true;
    ready_.push_back(room.room->shard);
  }
}

/// In the order that they had in the batch. Behind others, they would come round in as large a batch again.
void shard_writer::make_first(const flight& f) {
  for (auto part = f.shards.rbegin(); part != f.shards.rend(); ++part) {
    const auto shard = shards_.find(part->fence.shard);
    if (shard == shards_.end() || !shard->second.is_ready) continue;
    for (auto taken = part->rooms.rbegin(); taken != part->rooms.rend(); ++taken) {
      const auto& key = taken->room->key;
      if (std::erase(shard->second.ready, key) > 0) shard->second.ready.push_front(key);
    }
    std::erase(ready_, part->fence.shard);
    ready_.push_front(part->fence.shard);
  }
}

void shard_writer::pump(effects& out, instant now, unix_time wall) {
  if (flight_ || ready_.empty() || now < retry_at_ || is_gathering(now)) return;
  if (held_.empty()) {
    (void)send_batch(out, false, now, wall);
  } else if (!send_batch(out, !was_trial_, now, wall)) {  // they take turns: neither waits for more than one batch
    (void)send_batch(out, was_trial_, now, wall);
  }
}

/// @param is_trial of the rooms that a lock timeout has met, or of all others
/// @returns whether there was anything to send
bool shard_writer::send_batch(effects& out, bool is_trial, instant now, unix_time wall) {
  flight f;
  f.is_trial = is_trial;
  append_batch batch{owner_, {}, is_trial};
  std::size_t bytes = 0;
  const auto shards_waiting = ready_.size();
  for (std::size_t i = 0; i < shards_waiting && has_space(f, bytes); ++i) {
    const auto id = ready_.front();
    ready_.pop_front();
    auto found = shards_.find(id);
    if (found == shards_.end()) continue;
    auto& shard = found->second;
    if (!take_shard(out, id, shard, f, batch, bytes, now, wall)) {
      shard.is_ready = false;
    } else if (shard.turns_left > 0) {
      ready_.push_front(id);  // the batch is full: whoever waits at the end of many would else wait for ever
    } else {
      ready_.push_back(id);
    }
  }
  if (f.shards.empty()) return false;
  was_trial_ = is_trial;
  flight_ = std::move(f);
  for (auto& part : flight_->shards) {
    if (is_on(mutant::ack_before_commit)) committed(out, part, part.fence.before);
  }
  out.push_back(append{std::move(batch)});
  return true;
}

bool shard_writer::may_take(const room_key& room, const flight& f, instant now) const {
  if (held_.empty()) return true;
  return held_.is_suspect(room) == f.is_trial && held_.is_due(room, now) &&
         f.rooms < std::min(f.rooms_max, held_.company_max(room));
}

/// @returns whether anything of the shard still waits
bool shard_writer::take_shard(effects& out, shard_id id, shard_state& shard, flight& f, append_batch& batch,
                              std::size_t& bytes, instant now, unix_time wall) {
  if (now < shard.not_before) {
    shard.turns_left = 0;
    return true;
  }
  flight_shard part{{id, shard.term, shard.n, attempt{std::max(shard.last, shard.n).value + 1}}, {}, {}};
  shard_batch rows{part.fence, {}};
  const auto had_turn = [&shard] { shard.turns_left -= std::min<std::size_t>(shard.turns_left, 1); };
  const auto rooms_waiting = shard.ready.size();
  if (shard.turns_left == 0) shard.turns_left = rooms_waiting;
  for (std::size_t i = 0; i < rooms_waiting && has_space(f, bytes); ++i) {
    const auto key = shard.ready.front();
    shard.ready.pop_front();
    auto found = rooms_.find(key);
    if (found == rooms_.end() || found->second.waiting.empty()) {
      if (found != rooms_.end()) found->second.is_ready = false;
      had_turn();
      continue;
    }
    const bool is_cut = may_take(key, f, now) && !take_room(out, shard.term, found->second, f, part, rows, bytes, wall);
    if (is_cut) {
      shard.ready.push_front(key);
      break;
    }
    found->second.is_ready = !found->second.waiting.empty();
    if (found->second.is_ready) shard.ready.push_back(key);
    had_turn();
  }
  if (!part.rooms.empty()) {
    shard.last = part.fence.own;
    f.shards.push_back(std::move(part));
    batch.shards.push_back(std::move(rows));
  }
  if (!held_.empty()) shard.turns_left = 0;  // each batch looks at all: it may take only some of them
  return !shard.ready.empty();
}

/// @returns false: the batch is full, and its room's turn is not over. A batch that holds nothing else was a whole
/// turn, so that a hot room lets the others go first
bool shard_writer::take_room(effects& out, parley::term under, room_state& room, flight& f, flight_shard& part,
                             shard_batch& batch, std::size_t& bytes, unix_time wall) {
  flight_room taken{room.room, room.head.head, {}, {}, false};
  room_append rows{room.room, room.head.head, {}, {}};
  room_results without_target{room.room->key, {}};
  auto s = room.head.head.seq;
  const bool is_alone = f.drafts == 0;
  while (!room.waiting.empty() && has_space(f, bytes)) {
    auto q = std::move(room.waiting.front());
    room.waiting.pop_front();
    --queued_;
    queued_bytes_ -= q.bytes;
    // Only here it is known what lies before a draft: all that is stored, and this batch, which is stored whole or not.
    if (q.what->reply_to > s) {
      without_target.outcomes.push_back({q.ticket, outcome::no_target{}});
      continue;
    }
    bytes += q.bytes;
    ++f.drafts;
    s = next(s);
    rows.events.push_back(make_event(room, under, q, s, wall));
    rows.digests.push_back(q.what->digest);
    taken.drafts.push_back(std::move(q));
  }
  if (!without_target.outcomes.empty()) send_results(out, std::move(without_target), false);
  if (!rows.events.empty()) {
    ++f.rooms;
    f.rooms_max = std::min(f.rooms_max, held_.company_max(room.room->key));
    taken.events = rows.events;
    if (is_on(mutant::head_moves_on_send)) room.head.head = rows.events.back()->at_position();
    part.rooms.push_back(std::move(taken));
    batch.rooms.push_back(std::move(rows));
  }
  return room.waiting.empty() || is_alone;
}

event_ptr shard_writer::make_event(room_state& room, parley::term under, const queued_draft& q, seq s, unix_time wall) {
  room.last_at = std::max(room.last_at, wall);  // never falls within a room, whatever the clock does
  auto e = std::make_shared<event>();
  e->seq = s;
  e->term = under;
  e->kind = event_kind::message_created;
  e->sender = q.what->sender;
  e->at = room.last_at;
  e->client_msg_id = q.what->client_msg_id;
  e->body = q.what->body;
  e->reply_to = q.what->reply_to;
  e->version = 1;
  return e;
}

}  // namespace parley
