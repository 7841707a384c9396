#include "storage/sqlite/writes.hpp"

#include "storage/event_codec.hpp"
#include "storage/sqlite/dedup_keys.hpp"
#include "storage/sqlite/fence.hpp"
#include "storage/sqlite/rooms.hpp"

#include <algorithm>
#include <optional>

namespace parley::sqlite {
namespace {

std::string at_text(const room_identity& room, seq s) { return room.key.hex() + " seq " + std::to_string(s.value); }

/// Appends must be what the port says; a broken one never reaches the table.
std::optional<error> malformed(const shard_batch& shard) {
  if (shard.fence.own <= shard.fence.before) return error{errc::room_forked, "an attempt id that does not grow"};
  for (const auto& room : shard.rooms) {
    if (room.events.size() != room.digests.size()) return error{errc::room_forked, "events without digests"};
    if (room.room->shard != shard.fence.shard) return error{errc::room_forked, "a room of another shard"};
    auto expected = next(room.before.seq);
    for (const auto& e : room.events) {
      if (e->seq != expected || e->term != shard.fence.term)
        return error{errc::room_forked, "not contiguous: " + at_text(*room.room, e->seq)};
      expected = next(expected);
    }
  }
  return std::nullopt;
}

std::vector<stored_key> find_duplicates(connection& db, const shard_batch& shard, unix_time now) {
  std::vector<stored_key> found;
  for (const auto& room : shard.rooms)
    for (const auto& e : room.events)
      if (!e->client_msg_id.empty())
        if (auto key = find_key(db, *room.room, *e, now)) found.push_back(std::move(*key));
  return found;
}

/// A conflict on (room, seq) is a fork, and no reason to doubt the disk.
bool insert_event(connection& db, std::uint64_t room_id, const event& e) {
  const auto payload = encode_stored(e);
  return db.change("INSERT INTO event (room, seq, term, kind, payload) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                   room_id, e.seq, e.term, std::uint64_t{static_cast<std::uint8_t>(e.kind)}, as_blob(payload)) == 1;
}

std::optional<error> write_room(connection& db, const room_append& append, const write_rules& rules) {
  const auto room = find_or_create_room(db, *append.room);
  const auto before = append.before.seq;
  // At or below the floor no row is left to conflict with.
  if (before < room.floor.seq)
    return error{errc::room_forked, "below the floor: " + at_text(*append.room, next(before))};
  const bool is_head_known = !rules.is_checked || before == room.floor.seq || stored_term(db, room.id, before);
  if (!is_head_known) return error{errc::room_forked, "a hole before " + at_text(*append.room, next(before))};
  for (std::size_t i = 0; i < append.events.size(); ++i) {
    const auto& e = *append.events[i];
    if (!insert_event(db, room.id, e)) return error{errc::room_forked, "taken: " + at_text(*append.room, e.seq)};
    if (e.client_msg_id.empty()) continue;
    // The same key twice in one batch: bisecting it makes the second one an ordinary duplicate.
    if (!write_key(db, room.id, e, append.digests[i], rules.now, rules.dedup_window))
      return error{errc::refused_content, "a key twice in one batch: " + at_text(*append.room, e.seq)};
  }
  return std::nullopt;
}

std::size_t count_events(const append_batch& batch) {
  std::size_t count = 0;
  for (const auto& shard : batch.shards)
    for (const auto& room : shard.rooms) count += room.events.size();
  return count;
}

}  // namespace

result<append_outcome> append(connection& db, const append_batch& batch, const write_rules& rules) {
  append_outcome outcome;
  // All is judged before anything is written: a duplicate anywhere means that nothing is.
  for (const auto& shard : batch.shards) {
    if (auto bad = malformed(shard)) return *bad;
    const auto verdict = judge(db, batch.owner, shard.fence);
    outcome.verdicts.push_back(verdict);
    if (verdict != shard_verdict::committed) continue;
    auto found = find_duplicates(db, shard, rules.now);
    std::move(found.begin(), found.end(), std::back_inserter(outcome.duplicates));
  }
  if (!outcome.duplicates.empty()) {
    outcome.verdicts.clear();
    return outcome;
  }
  for (std::size_t i = 0; i < batch.shards.size(); ++i) {
    if (outcome.verdicts[i] != shard_verdict::committed) continue;
    pass(db, batch.shards[i].fence);
    for (const auto& room : batch.shards[i].rooms)
      if (auto bad = write_room(db, room, rules)) return *bad;
  }
  // Twice as many as can have come in: the table shrinks back after the window was long.
  sweep_keys(db, rules.now, 2 * count_events(batch));
  return outcome;
}

result<recovered> recover(connection& db, const recover_request& request) {
  recovered found;
  for (const auto& part : request.shards) {
    const shard_fence fence{part.shard, part.term, {}, part.past};
    const auto mark = mark_of(db, part.shard);
    const bool is_owner = judge(db, request.owner, fence) != shard_verdict::not_owner;
    // Never back: `n` is past every id handed out.
    if (is_owner && mark.n < part.past) pass(db, fence);
    found.shards.push_back({part.shard, is_owner, mark.n});
  }
  for (const auto& room : request.rooms) found.heads.push_back(head_of(db, *room));
  return found;
}

result<shard_verdict> trim(connection& db, std::string_view owner, const shard_fence& fence, const room_identity& room,
                           position floor) {
  const auto verdict = judge(db, owner, fence);
  if (verdict != shard_verdict::committed) return verdict;
  const auto row = find_or_create_room(db, room);
  pass(db, fence);
  if (floor.seq <= row.floor.seq) return verdict;  // a floor never falls
  if (stored_term(db, row.id, floor.seq) != floor.term)
    return error{errc::room_forked, "no such position: " + at_text(room, floor.seq)};
  db.change("DELETE FROM event WHERE room = ? AND seq <= ?", row.id, floor.seq);
  db.change("UPDATE room SET floor_term = ?, floor_seq = ? WHERE id = ?", floor.term, floor.seq, row.id);
  return verdict;
}

}  // namespace parley::sqlite
