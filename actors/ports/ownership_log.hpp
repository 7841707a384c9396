#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/result.hpp"
#include "actors/core/shard_rows.hpp"

#include <string>
#include <vector>

namespace parley {

/// The leases and shard rows of one database. Shares its adapter's connections with that database's `event_log`.
/// Thread-safe, never blocks; completions as in `event_log`.
class ownership_log {
public:
  virtual ~ownership_log() = default;

  /// Makes or extends this node's lease row, which is also its entry in the registry of nodes.
  virtual void renew(node_identity node, lease_wish wish, completion<lease_renewal> done) = 0;
  /// All shard rows of this database, but for those whose rooms live in another one or are on their way here.
  virtual void survey(completion<std::vector<shard_row>> done) = 0;
  /// The shards whose rooms went to another database: nobody claims, writes or reads them here any more.
  virtual void departed(completion<std::vector<shard_id>> done) = 0;
  /// Takes shards over, in one transaction that first waits for the old owner's batch (C1) and reads no head before
  /// its own commit. The caller has checked C8; a row that changed since is not won.
  virtual void claim(node_identity node, std::vector<shard_claim> claims,
                     completion<std::vector<claimed_shard>> done) = 0;
  /// Gives single shards back, their terms and `n` kept, after each one's last append was answered. A row that names
  /// another owner or term stays as it is. @returns how many are free now
  virtual void yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) = 0;
  /// Gives up every shard and the lease of this incarnation, after the last append was answered.
  virtual void release(node_identity node, completion<std::size_t> done) = 0;
};

}  // namespace parley
