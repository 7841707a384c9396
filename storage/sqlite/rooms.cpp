#include "storage/sqlite/rooms.hpp"

namespace parley::sqlite {

std::optional<room_row> find_room(connection& db, const room_identity& room) {
  auto q = db.run("SELECT id, floor_term, floor_seq FROM room WHERE key = ?", as_blob(room.key));
  if (!q.step()) return std::nullopt;
  return room_row{q.number(0), {term{q.number(1)}, seq{q.number(2)}}};
}

room_row find_or_create_room(connection& db, const room_identity& room) {
  if (auto found = find_room(db, room)) return *found;
  db.change("INSERT INTO room (key, shard, instance, room) VALUES (?, ?, ?, ?)", as_blob(room.key), room.shard,
            std::string_view(room.instance), std::string_view(room.room));
  return *find_room(db, room);
}

std::optional<term> stored_term(connection& db, std::uint64_t room_id, seq s) {
  auto q = db.run("SELECT term FROM event WHERE room = ? AND seq = ?", room_id, s);
  if (!q.step()) return std::nullopt;
  return term{q.number(0)};
}

room_head head_of(connection& db, const room_row& room) {
  auto q = db.run("SELECT term, seq FROM event WHERE room = ? ORDER BY seq DESC LIMIT 1", room.id);
  if (!q.step()) return {room.floor, room.floor};
  return {{term{q.number(0)}, seq{q.number(1)}}, room.floor};
}

room_head head_of(connection& db, const room_identity& room) {
  const auto row = find_room(db, room);
  return row ? head_of(db, *row) : room_head{};
}

shard_mark mark_of(connection& db, shard_id shard) {
  auto q = db.run("SELECT term, n FROM shard WHERE shard = ?", shard);
  if (!q.step()) return {};
  return {term{q.number(0)}, attempt{q.number(1)}};
}

}  // namespace parley::sqlite
