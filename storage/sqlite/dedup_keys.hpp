#pragma once

#include "actors/core/batches.hpp"
#include "storage/sqlite/connection.hpp"

#include <optional>

namespace parley::sqlite {

/// The first results of client_msg_ids (G5, C15). All of these throw `failure`.
std::optional<stored_key> find_key(connection& db, const room_identity& room, const event& e, unix_time now);
/// Replaces an expired key. @returns false where a key that still counts is there: another event of this transaction
bool write_key(connection& db, std::uint64_t room_id, const event& e, const digest& d, unix_time now, seconds window);
/// Takes some expired keys away: called with each append, so that the table stays as large as its window.
void sweep_keys(connection& db, unix_time now, std::size_t count_max);

}  // namespace parley::sqlite
