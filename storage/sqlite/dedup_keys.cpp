#include "storage/sqlite/dedup_keys.hpp"

#include <algorithm>

namespace parley::sqlite {

std::optional<stored_key> find_key(connection& db, const room_identity& room, const event& e, unix_time now) {
  auto q = db.run(
      "SELECT k.term, k.seq, k.at, k.digest FROM room r JOIN dedup_key k ON k.room = r.id "
      "WHERE r.key = ? AND k.sender = ? AND k.client_msg_id = ? AND k.expires_at > ?",
      as_blob(room.key), std::string_view(e.sender), std::string_view(e.client_msg_id), now);
  if (!q.step()) return std::nullopt;
  stored_key found{room.key,
                   e.sender,
                   e.client_msg_id,
                   {term{q.number(0)}, seq{q.number(1)}},
                   unix_time{milliseconds{static_cast<std::int64_t>(q.number(2))}},
                   std::nullopt};
  const auto bytes = q.bytes(3);
  if (!q.is_null(3) && bytes.size() == std::tuple_size_v<digest>)
    std::copy(bytes.begin(), bytes.end(), found.digest.emplace().begin());
  return found;
}

bool write_key(connection& db, std::uint64_t room_id, const event& e, const digest& d, unix_time now, seconds window) {
  return db.change(
             "INSERT INTO dedup_key (room, sender, client_msg_id, term, seq, at, digest, expires_at) "
             "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE "
             "SET term = ?4, seq = ?5, at = ?6, digest = ?7, expires_at = ?8 WHERE expires_at <= ?9",
             room_id, std::string_view(e.sender), std::string_view(e.client_msg_id), e.term, e.seq, e.at, blob{d},
             now + window, now) == 1;
}

void sweep_keys(connection& db, unix_time now, std::size_t count_max) {
  db.change(
      "DELETE FROM dedup_key WHERE (room, sender, client_msg_id) IN "
      "(SELECT room, sender, client_msg_id FROM dedup_key WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
      now, std::uint64_t{count_max});
}

}  // namespace parley::sqlite
