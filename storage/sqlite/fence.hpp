#pragma once

#include "actors/core/batches.hpp"
#include "storage/sqlite/connection.hpp"

#include <string_view>

namespace parley::sqlite {

/// Whether the shard's row is as the batch needs it (C1). Writes nothing; throws `failure`.
shard_verdict judge(connection& db, std::string_view owner, const shard_fence& fence);
/// Leaves the batch's id in a row that `judge` found right, in the same transaction.
void pass(connection& db, const shard_fence& fence);

}  // namespace parley::sqlite
