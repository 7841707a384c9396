#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/result.hpp"
#include "storage/sqlite/connection.hpp"

#include <string_view>

namespace parley::sqlite {

struct write_rules {
  unix_time now;  ///< the database's clock
  seconds dedup_window;
  bool is_checked = false;
};

/// The writes of `event_log`, each within the caller's transaction, which it rolls back when an error comes back.
/// They throw `failure`.
result<append_outcome> append(connection& db, const append_batch& batch, const write_rules& rules);
result<recovered> recover(connection& db, const recover_request& request);
/// @returns `room_forked` for a floor that is no position of the log
result<shard_verdict> trim(connection& db, std::string_view owner, const shard_fence& fence, const room_identity& room,
                           position floor);

}  // namespace parley::sqlite
