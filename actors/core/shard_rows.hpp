#pragma once

#include "actors/core/ids.hpp"

#include <cstdint>
#include <string>

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
  std::string owner;  ///< an incarnation; empty: free (never owned, or released)
  parley::term term;
  attempt n;
  bool has_lease = false;      ///< by the database's clock: the owner's lease row has not ended
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
  parley::term term_floor;  ///< the largest term that this node has seen for the shard
};

struct claimed_shard {
  shard_id shard;
  bool is_won = false;
  parley::term term;  ///< at least stored + 1, term_floor + 1 and the database's clock in ms; of its timeline alone
  attempt n;
};

}  // namespace parley
