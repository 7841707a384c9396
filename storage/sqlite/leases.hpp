#pragma once

#include "actors/core/result.hpp"
#include "actors/core/shard_rows.hpp"
#include "storage/sqlite/connection.hpp"

#include <vector>

namespace parley::sqlite {

/// The calls of `ownership_log`, each within the caller's transaction; `now` is the database's clock. They throw
/// `failure`.
std::uint64_t renew(connection& db, const node_identity& node, const lease_wish& wish, unix_time now);
/// As a renewal answers them: `node`, and all others but those whose leases ended long ago.
std::vector<cluster_node> cluster_nodes(connection& db, const node_identity& node, unix_time now);
std::vector<shard_row> survey(connection& db, unix_time now);
std::vector<claimed_shard> claim(connection& db, const node_identity& node, const std::vector<shard_claim>& claims,
                                 unix_time now);
std::size_t yield(connection& db, const node_identity& node, const std::vector<owned_shard>& shards);
std::size_t release(connection& db, const node_identity& node);
/// Ends every lease: who holds the file's lock knows that no other process is alive.
void end_leases(connection& db);

}  // namespace parley::sqlite
