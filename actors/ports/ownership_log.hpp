#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/result.hpp"
#include "actors/core/time.hpp"
#include "actors/ports/event_log.hpp"

#include <string>
#include <vector>

namespace parley {

/// Which history a database connection talks to (C7): a failover changes the timeline, a restore the system.
struct database_identity {
  std::string system;    ///< PostgreSQL: system identifier; SQLite: a random id made by the first migration
  std::string timeline;  ///< PostgreSQL: the first 8 characters of the current WAL file's name; SQLite: empty

  friend bool operator==(const database_identity&, const database_identity&) = default;
};

/// A shard's row as an onlooker sees it.
struct shard_row {
  shard_id shard;
  std::string owner;        ///< an incarnation; empty: free (never owned, or released)
  parley::term term;
  attempt n;
  bool has_lease = false;   ///< by the database's clock: the owner's lease row has not ended
  std::uint64_t renewals = 0;  ///< the owner's lease row's counter: it stands still when nobody renews
};

/// What a renewal saw.
struct lease_renewal {
  database_identity identity;
  std::uint64_t renewals = 0;
};

struct shard_claim {
  shard_id shard;
  std::string owner_before;  ///< the row must still name it: a compare-and-set
  parley::term term_before;
  parley::term term_floor;   ///< the largest term that this node has seen for the shard
};

struct claimed_shard {
  shard_id shard;
  bool is_won = false;
  parley::term term;  ///< greatest(stored + 1, largest term in the shard + 1, database clock in ms, term_floor + 1)
  attempt n;
};

/// The leases and shard rows of one database. Shares its adapter's connections with that database's `event_log`.
/// Thread-safe, never blocks; completions as in `event_log`.
class ownership_log {
public:
  virtual ~ownership_log() = default;

  /// Makes or extends this node's lease row by `lease_time`, counted on the database's clock.
  virtual void renew(node_identity node, milliseconds lease_time, completion<lease_renewal> done) = 0;
  /// All shard rows of this database.
  virtual void survey(completion<std::vector<shard_row>> done) = 0;
  /// Takes shards over, in one transaction that first waits for the old owner's batch (C1) and reads no head before
  /// its own commit. The caller has checked C8; a row that changed since is not won.
  virtual void claim(node_identity node, std::vector<shard_claim> claims, completion<std::vector<claimed_shard>> done) = 0;
  /// Gives up every shard and the lease of this incarnation, after the last append was answered.
  virtual void release(node_identity node, completion<std::size_t> done) = 0;
};

}  // namespace parley
