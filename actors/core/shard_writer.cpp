#include "actors/core/shard_writer.hpp"

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
    : owner_(std::move(owner)), options_(options), batch_events_now_(options.batch_events_max) {}

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
  std::erase_if(rooms_, [&](const auto& entry) { return entry.second.room->shard == shard; });
  return out;
}

void shard_writer::open_room(const room_ref& room, room_head head, unix_time last_at) {
  rooms_.insert_or_assign(room->key, room_state{room, head, last_at, {}, false});
}

void shard_writer::close_room(const room_key& room) {
  auto found = rooms_.find(room);
  if (found != rooms_.end() && found->second.waiting.empty()) rooms_.erase(found);
}

shard_writer::effects shard_writer::enqueue(const room_key& room, ticket t, std::shared_ptr<const draft> d, instant now,
                                            unix_time wall) {
  effects out;
  auto found = rooms_.find(room);
  const auto bytes = size_of(*d);
  // Full: refuse at once what cannot be served in time, rather than let everything miss its deadline (C17).
  if (found == rooms_.end() || !shards_.contains(found->second.room->shard) || queued_ >= options_.queued_max ||
      queued_bytes_ + bytes > options_.queued_bytes_max) {
    out.push_back(room_results{room, {{t, outcome::not_stored{}}}});
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
  if (outcome.has_error() && outcome.error().code == errc::outcome_unknown) {
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
    batch_events_now_ = std::min(options_.batch_events_max, batch_events_now_ * 2);
    for (std::size_t i = 0; i < f.shards.size(); ++i) ended_shard(out, f.shards[i], outcome->verdicts.at(i), now);
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

/// What became of an unknown batch. `found` tells, unless an earlier recovery whose answer was lost has already moved
/// `n` past it: then the rooms' heads tell, which nobody else can have moved under this term.
void shard_writer::resolve(effects& out, flight_shard& part, const parley::recovered::shard_part& found,
                           std::span<const room_head> heads) {
  const bool was_recovered = found.found > part.fence.own && found.found < part.past;
  const auto stands_at = [&](auto place) {
    if (heads.size() != part.rooms.size()) return false;
    for (std::size_t i = 0; i < part.rooms.size(); ++i) {
      if (heads[i].head != place(part.rooms[i])) return false;
    }
    return true;
  };
  if (!found.is_owner) {
    lose_shard(out, part, "another owner or term after an unknown outcome", false);
  } else if (found.found == part.fence.own ||
             (was_recovered && stands_at([](const flight_room& r) { return r.events.back()->at_position(); }))) {
    committed(out, part, part.past);
  } else if (found.found == part.fence.before ||
             (was_recovered && stands_at([](const flight_room& r) { return r.before; }))) {
    if (is_open(part)) shards_.at(part.fence.shard).n = part.past;
    requeue(out, part);
  } else {
    lose_shard(out, part, "an attempt id that this owner did not hand out", false);
  }
}

shard_writer::effects shard_writer::tick(instant now, unix_time wall) {
  effects out;
  expire(out, now);
  if (flight_ && flight_->is_recovering && !flight_->is_recovery_sent && now >= retry_at_) send_recovery(out);
  pump(out, now, wall);
  return out;
}

// ---- building a batch ------------------------------------------------------------------------------------------

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

void shard_writer::pump(effects& out, instant now, unix_time wall) {
  if (flight_ || ready_.empty() || now < retry_at_) return;
  flight f;
  append_batch batch{owner_, {}};
  std::size_t bytes = 0;
  const auto shards_waiting = ready_.size();
  for (std::size_t i = 0; i < shards_waiting && f.drafts < batch_events_now_ && bytes < options_.batch_bytes_max; ++i) {
    const auto id = ready_.front();
    ready_.pop_front();
    auto found = shards_.find(id);
    if (found == shards_.end()) continue;
    if (take_shard(id, found->second, f, batch, bytes, now, wall)) {
      ready_.push_back(id);  // more waits there, behind the other shards
    } else {
      found->second.is_ready = false;
    }
  }
  if (f.shards.empty()) return;
  flight_ = std::move(f);
  out.push_back(append{std::move(batch)});
}

/// @returns whether anything of the shard still waits
bool shard_writer::take_shard(shard_id id, shard_state& shard, flight& f, append_batch& batch, std::size_t& bytes,
                              instant now, unix_time wall) {
  if (now < shard.not_before) return true;
  flight_shard part{{id, shard.term, shard.n, attempt{std::max(shard.last, shard.n).value + 1}}, {}, {}};
  shard_batch rows{part.fence, {}};
  const auto rooms_waiting = shard.ready.size();
  for (std::size_t i = 0; i < rooms_waiting && f.drafts < batch_events_now_ && bytes < options_.batch_bytes_max; ++i) {
    const auto key = shard.ready.front();
    shard.ready.pop_front();
    auto found = rooms_.find(key);
    if (found == rooms_.end() || found->second.waiting.empty()) {
      if (found != rooms_.end()) found->second.is_ready = false;
      continue;
    }
    take_room(shard, found->second, f, part, rows, bytes, wall);
  }
  if (!part.rooms.empty()) {
    shard.last = part.fence.own;
    f.shards.push_back(std::move(part));
    batch.shards.push_back(std::move(rows));
  }
  return !shard.ready.empty();
}

void shard_writer::take_room(shard_state& shard, room_state& room, flight& f, flight_shard& part, shard_batch& batch,
                             std::size_t& bytes, unix_time wall) {
  flight_room taken{room.room, room.head.head, {}, {}, false};
  room_append rows{room.room, room.head.head, {}, {}};
  auto s = room.head.head.seq;
  while (!room.waiting.empty() && f.drafts < batch_events_now_ && bytes < options_.batch_bytes_max) {
    auto q = std::move(room.waiting.front());
    room.waiting.pop_front();
    --queued_;
    queued_bytes_ -= q.bytes;
    bytes += q.bytes;
    ++f.drafts;
    s = next(s);
    rows.events.push_back(make_event(room, shard.term, q, s, wall));
    rows.digests.push_back(q.what->digest);
    taken.drafts.push_back(std::move(q));
  }
  taken.events = rows.events;
  part.rooms.push_back(std::move(taken));
  batch.rooms.push_back(std::move(rows));
  room.is_ready = !room.waiting.empty();
  if (room.is_ready) shard.ready.push_back(room.room->key);
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

// ---- what came of it -------------------------------------------------------------------------------------------

void shard_writer::ended_shard(effects& out, flight_shard& part, shard_verdict verdict, instant now) {
  switch (verdict) {
    case shard_verdict::committed: committed(out, part, part.fence.own); return;
    case shard_verdict::not_owner: lose_shard(out, part, "another owner or term", true); return;
    case shard_verdict::stale: lose_shard(out, part, "the row's attempt id is not the last known", true); return;
    case shard_verdict::locked: break;
  }
  requeue(out, part);
  if (is_open(part)) {
    auto& s = shards_.at(part.fence.shard);
    s.delay = std::clamp(s.delay * 2, options_.retry_delay_min, options_.retry_delay_max);
    s.not_before = now + s.delay;
  }
}

void shard_writer::committed(effects& out, flight_shard& part, attempt n) {
  shard_moved moved{part.fence.shard, {part.fence.term, n}, {}};
  for (auto& taken : part.rooms) {
    const auto head = taken.events.back()->at_position();
    room_head now_at{head, {}};
    // A room that was opened anew meanwhile, under a later term, knows more than this late answer.
    if (auto room = rooms_.find(taken.room->key); room != rooms_.end() && is_open(part)) {
      room->second.head.head = head;
      room->second.last_at = std::max(room->second.last_at, taken.events.back()->at);
      now_at = room->second.head;
    }
    moved.heads.push_back({taken.room->key, now_at});
    room_results results{taken.room->key, {}};
    for (std::size_t i = 0; i < taken.events.size(); ++i) {
      results.outcomes.push_back(
          {taken.drafts[i].ticket, outcome::committed{taken.events[i], taken.drafts[i].what->digest}});
    }
    out.push_back(std::move(results));
  }
  if (auto shard = shards_.find(part.fence.shard); shard != shards_.end() && shard->second.term == part.fence.term) {
    shard->second.n = n;
    shard->second.delay = milliseconds{0};
  }
  out.push_back(std::move(moved));
}

void shard_writer::answer_duplicates(effects& out, flight& f, const std::vector<stored_key>& keys, instant now) {
  const auto name = [](const room_key& room, const std::string& sender, const std::string& id) {
    return std::string(reinterpret_cast<const char*>(room.bytes.data()), room.bytes.size()) + sender + '\0' + id;
  };
  std::unordered_map<std::string, const stored_key*> stored;
  for (const auto& key : keys) stored.emplace(name(key.room, key.sender, key.client_msg_id), &key);
  std::size_t answered = 0;
  for (auto& part : f.shards) {
    for (auto& taken : part.rooms) {
      room_results results{taken.room->key, {}};
      std::erase_if(taken.drafts, [&](const queued_draft& q) {
        if (q.what->client_msg_id.empty()) return false;
        auto found = stored.find(name(taken.room->key, q.what->sender, q.what->client_msg_id));
        if (found == stored.end()) return false;
        const auto& key = *found->second;
        results.outcomes.push_back({q.ticket, outcome::duplicate{key.first, key.at, key.digest}});
        ++answered;
        return true;
      });
      if (!results.outcomes.empty()) out.push_back(std::move(results));
    }
  }
  requeue(out, f);
  if (answered == 0) back_off(now);  // the store named keys that the batch does not have: never spin on it
}

void shard_writer::failed_batch(effects& out, flight& f, const error& e, instant now) {
  const bool is_bad = e.code == errc::refused_content || e.code == errc::room_forked;
  if (!is_bad) {
    if (e.code == errc::not_owner) {
      for (auto& part : f.shards) lose_shard(out, part, e.detail, true);
      return;
    }
    requeue(out, f);
    back_off(now);
    return;
  }
  if (f.drafts > 1) {  // bisect: the neighbours go on (C16)
    batch_events_now_ = std::max<std::size_t>(1, f.drafts / 2);
    requeue(out, f);
    return;
  }
  batch_events_now_ = options_.batch_events_max;
  auto& part = f.shards.front();
  if (e.code == errc::room_forked) {
    lose_shard(out, part, "the room's head is wrong: " + e.detail, true);
  } else {
    answer_all(out, part.rooms.front(), outcome::refused{});
  }
}

/// Did nobody close or reopen the shard since the batch was sent?
bool shard_writer::is_open(const flight_shard& part) const {
  auto shard = shards_.find(part.fence.shard);
  return shard != shards_.end() && shard->second.term == part.fence.term;
}

/// Nothing of it was stored, and can not be any more. Back to the front of the room's queue, in order. What was
/// answered as unknown meanwhile is not tried again: its sender repeats it. A shard that was closed meanwhile has no
/// queue.
void shard_writer::requeue(effects& out, flight_room& taken, bool is_shard_open) {
  if (taken.drafts.empty() || taken.is_answered) return;
  auto found = rooms_.find(taken.room->key);
  if (!is_shard_open || found == rooms_.end()) {
    answer_all(out, taken, outcome::not_stored{});
    return;
  }
  auto& room = found->second;
  for (auto it = taken.drafts.rbegin(); it != taken.drafts.rend(); ++it) {
    ++queued_;
    queued_bytes_ += it->bytes;
    room.waiting.push_front(std::move(*it));
  }
  taken.drafts.clear();
  make_ready(room);
}

void shard_writer::requeue(effects& out, flight_shard& part) {
  const bool is_shard_open = is_open(part);
  for (auto it = part.rooms.rbegin(); it != part.rooms.rend(); ++it) requeue(out, *it, is_shard_open);
}

void shard_writer::requeue(effects& out, flight& f) {
  for (auto& part : f.shards) requeue(out, part);
}

void shard_writer::answer_all(effects& out, flight_room& taken, const decltype(write_outcome::how)& how) {
  if (taken.is_answered) return;
  taken.is_answered = true;
  room_results results{taken.room->key, {}};
  for (const auto& q : taken.drafts) results.outcomes.push_back({q.ticket, how});
  out.push_back(std::move(results));
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
  out.push_back(std::move(results));
}

void shard_writer::lose_shard(effects& out, flight_shard& part, const std::string& reason, bool is_known) {
  for (auto& taken : part.rooms) {
    if (is_known) {
      answer_all(out, taken, outcome::not_stored{});
    } else {
      answer_all(out, taken, outcome::unknown{});
    }
  }
  auto shard = shards_.find(part.fence.shard);
  if (shard == shards_.end() || shard->second.term != part.fence.term) return;
  auto closed = close_shard(part.fence.shard);
  std::ranges::move(closed, std::back_inserter(out));
  out.push_back(step_down{part.fence.shard, part.fence.term, reason});
}

void shard_writer::send_recovery(effects& out) {
  recover_request request{owner_, {}, {}};
  for (auto& part : flight_->shards) {
    // Past every id handed out, those of earlier recoveries too. A shard that was closed meanwhile is asked for as
    // well, so that its late statement is fenced.
    part.past = attempt{std::max(part.past, part.fence.own).value + 1};
    if (is_open(part)) {
      auto& s = shards_.at(part.fence.shard);
      part.past = s.last = attempt{std::max(s.last, part.past).value + 1};
    }
    request.shards.push_back({part.fence.shard, part.fence.term, part.past});
    for (const auto& taken : part.rooms) request.rooms.push_back(taken.room);
  }
  flight_->is_recovery_sent = true;
  out.push_back(recover{std::move(request)});
}

// ---- time ------------------------------------------------------------------------------------------------------

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
      answer_all(out, taken, outcome::unknown{});
      if (auto room = rooms_.find(taken.room->key); room != rooms_.end()) fail_waiting(out, room->second);
    }
  }
}

void shard_writer::back_off(instant now) {
  retry_delay_ = std::clamp(retry_delay_ * 2, options_.retry_delay_min, options_.retry_delay_max);
  retry_at_ = now + retry_delay_;
}

}  // namespace parley
