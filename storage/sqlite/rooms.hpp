#pragma once

#include "actors/core/heads.hpp"
#include "storage/sqlite/connection.hpp"

#include <cstdint>
#include <optional>

namespace parley::sqlite {

/// A room's row. `id` is the number that its events and keys carry instead of the 16-byte key.
struct room_row {
  std::uint64_t id = 0;
  position floor;
};

/// All of these throw `failure`.
std::optional<room_row> find_room(connection& db, const room_identity& room);
room_row find_or_create_room(connection& db, const room_identity& room);

std::optional<term> stored_term(connection& db, std::uint64_t room_id, seq s);
/// Head = greatest(newest event, floor) (C2).
room_head head_of(connection& db, const room_row& room);
/// A room that nobody used has head {0, 0}.
room_head head_of(connection& db, const room_identity& room);
shard_mark mark_of(connection& db, shard_id shard);

}  // namespace parley::sqlite
