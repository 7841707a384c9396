// What came of a batch: verdicts, duplicates, failures.
#include "actors/core/shard_writer.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace parley {

void shard_writer::ended_shard(effects& out, flight_shard& part, shard_verdict verdict, instant now) {
  if (is_on(mutant::stale_is_committed) && verdict == shard_verdict::stale) verdict = shard_verdict::committed;
  if (is_on(mutant::locked_is_committed) && verdict == shard_verdict::locked) verdict = shard_verdict::committed;
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
    held_.committed(taken.room->key);
    room_head now_at{head, {}};
    // A room that was opened anew meanwhile, under a later term, knows more than this late answer.
    if (auto room = rooms_.find(taken.room->key); room != rooms_.end() && is_open(part)) {
      room->second.head.head = head;
      room->second.last_at = std::max(room->second.last_at, taken.events.back()->at);
      now_at = room->second.head;
    }
    moved.heads.push_back({taken.room->key, now_at});
    if (!rooms_.contains(taken.room->key)) out.push_back(late_events{taken.room, taken.before, taken.events});
    room_results results{taken.room->key, {}};
    for (std::size_t i = 0; i < taken.events.size(); ++i) {
      results.outcomes.push_back(
          {taken.drafts[i].ticket, outcome::committed{taken.events[i], taken.drafts[i].what->digest}});
    }
    send_results(out, std::move(results), false);
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
      if (!results.outcomes.empty()) send_results(out, std::move(results), false);
    }
  }
  requeue(out, f);
  if (answered == 0) back_off(now);  // the store named keys that the batch does not have: never spin on it
}

void shard_writer::failed_batch(effects& out, flight& f, const error& e, instant now) {
  if (e.code == errc::locked) return timed_out(out, f, now);
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
    make_first(f);
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

/// Nothing was written. All are tried again at once, in smaller company; the one that is held alone waits alone.
void shard_writer::timed_out(effects& out, flight& f, instant now) {
  std::vector<room_key> rooms;
  for (const auto& part : f.shards) {
    for (const auto& taken : part.rooms) {
      if (rooms_.contains(taken.room->key) && is_open(part)) rooms.push_back(taken.room->key);
    }
  }
  held_.timed_out(rooms, now);
  requeue(out, f);
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
    room.waiting.insert(is_on(mutant::requeue_at_the_back) ? room.waiting.end() : room.waiting.begin(), std::move(*it));
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
  const bool is_failure = !results.outcomes.empty() && breaks_order(results.outcomes.front());
  send_results(out, std::move(results), is_failure);
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

}  // namespace parley
