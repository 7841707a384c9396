#pragma once

#include "actors/core/batches.hpp"
#include "tests/core/given.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace parley::testing {

/// Storage as C1 to C6 describe it, for several shards, and the judge of what a writer sends: an attempt id used twice,
/// a fork or a hole is a violation. A draft's own text is its message; its metadata names the attempt that sent it.
class writer_store {
public:
  struct room_rows {
    event_list events;
    std::map<std::pair<std::string, std::string>, stored_key> keys;
  };
  struct shard_rows {
    std::string owner;
    std::uint64_t term = 0;
    std::uint64_t n = 0;
    std::set<std::uint64_t> seen;  ///< ids that this term's owner sent
    bool is_locked = false;
  };

  /// A takeover: it waits for nothing here, since whoever calls it does not hold the row.
  std::pair<term, attempt> claim(shard_id id, const std::string& owner) {
    auto& s = shards[id];
    s.owner = owner;
    s.term += 1;
    s.seen.clear();
    return {term{s.term}, attempt{s.n}};
  }
  /// What another node writes while it owns the shard.
  void foreign_event(const room_ref& room) {
    auto& s = shards[room->shard];
    auto& rows = rooms[room->key];
    auto e = std::make_shared<event>(*event_at(s.term, rows.events.size() + 1));
    if (!rows.events.empty()) e->at = rows.events.back()->at;
    rows.events.push_back(std::move(e));
    ++s.n;
  }
  room_head head_of(const room_ref& room) {
    auto& rows = rooms[room->key];
    return {rows.events.empty() ? position{} : rows.events.back()->at_position(), {}};
  }

  /// Arrives at the database. What a fence no longer fits does nothing, as often as it comes.
  result<append_outcome> append(const append_batch& batch) {
    append_outcome outcome;
    const auto unwritten = [&](const error& e) { return result<append_outcome>{e}; };
    std::vector<const shard_batch*> fitting;
    for (const auto& part : batch.shards) {
      const auto verdict = judge(batch.owner, part);
      outcome.verdicts.push_back(verdict);
      if (verdict == shard_verdict::committed) fitting.push_back(&part);
    }
    for (const auto* part : fitting) {
      for (const auto& r : part->rooms) {
        if (held.contains(r.room->key)) return unwritten({errc::locked, "a key of the room"});
        for (const auto& e : r.events) {
          if (e->body.text == "bad") return unwritten({errc::refused_content, "text"});
          auto& keys = rooms[r.room->key].keys;
          if (auto k = keys.find({e->sender, e->client_msg_id}); !e->client_msg_id.empty() && k != keys.end()) {
            outcome.duplicates.push_back(k->second);
          }
        }
      }
    }
    if (!outcome.duplicates.empty()) return append_outcome{{}, outcome.duplicates};
    for (const auto* part : fitting) {
      for (const auto& r : part->rooms) {
        if (head_of(r.room).head != r.before) {
          violation = "a batch that does not follow the room's head";
          return unwritten({errc::room_forked, "head"});
        }
      }
    }
    for (const auto* part : fitting) write(*part);
    return outcome;
  }

  parley::recovered recover(const recover_request& request) {
    parley::recovered answer;
    for (const auto& part : request.shards) {
      auto& s = shards[part.shard];
      const bool is_owner = s.owner == request.owner && s.term == part.term.value;
      answer.shards.push_back({part.shard, is_owner, attempt{s.n}});
      if (!is_owner) continue;
      if (part.past.value <= s.n || !s.seen.insert(part.past.value).second)
        violation = "a recovery that is not past every id";
      s.n = part.past.value;
    }
    for (const auto& r : request.rooms) answer.heads.push_back(head_of(r));
    return answer;
  }

  std::map<shard_id, shard_rows> shards;
  std::map<room_key, room_rows> rooms;
  std::set<room_key> held;  ///< someone else's open transaction holds a key of theirs
  std::string violation;

private:
  shard_verdict judge(const std::string& owner, const shard_batch& part) {
    auto& s = shards[part.fence.shard];
    if (s.owner != owner || s.term != part.fence.term.value) return shard_verdict::not_owner;
    if (part.fence.own <= part.fence.before) violation = "an attempt id that is not larger than the one before";
    if (s.is_locked) return shard_verdict::locked;
    return s.n == part.fence.before.value ? shard_verdict::committed : shard_verdict::stale;
  }
  void write(const shard_batch& part) {
    auto& s = shards[part.fence.shard];
    s.n = part.fence.own.value;
    for (const auto& r : part.rooms) {
      auto& rows = rooms[r.room->key];
      for (std::size_t i = 0; i < r.events.size(); ++i) {
        const auto& e = r.events[i];
        if (e->seq.value != rows.events.size() + 1) violation = "seqs are not contiguous";
        if (e->term.value != s.term) violation = "an event of another term";
        if (!rows.events.empty() && e->at < rows.events.back()->at) violation = "the time fell within a room";
        if (!e->client_msg_id.empty()) {
          const stored_key key{r.room->key, e->sender, e->client_msg_id, e->at_position(), e->at, r.digests.at(i)};
          if (!rows.keys.emplace(std::pair{e->sender, e->client_msg_id}, key).second) violation = "a key stored twice";
        }
        rows.events.push_back(e);
      }
    }
  }
};

}  // namespace parley::testing
