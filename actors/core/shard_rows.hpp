#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"

#include <cstddef>
#include <cstdint>
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
  std::string owner;  ///< an incarnation; empty: free (never owned, or released)
  parley::term term;
  attempt n;
  bool has_lease = false;      ///< by the database's clock: the owner's lease row has not ended
  std::uint64_t renewals = 0;  ///< the owner's lease row's counter: it stands still when nobody renews
  std::string wish = {};       ///< the name of the node that an operator wants as its owner; empty: placement decides
  bool is_closing = false;  ///< its rooms are about to move: its owner gives it back, nobody claims it once it is free
};

/// What a node says of itself with each renewal: its lease row is its entry in the database's registry of nodes.
struct lease_wish {
  milliseconds lease_time{};  ///< counted on the database's clock
  std::string peer_address;   ///< HOST:PORT where other nodes reach it; empty: it has no links
  bool is_leaving = false;    ///< it hands its shards over, and must be given none
  std::size_t endpoints = 0;  ///< how many Redis endpoints its list has
  std::uint64_t map = 0;      ///< the version of the shard map that it goes by; 0: not read yet, or not kept here
};

/// A node as its lease row in one database shows it.
struct cluster_node {
  node_identity node;
  std::string peer_address;
  bool is_leaving = false;  ///< by its own wish or, with its row, by an operator's: it must be given no shard
  bool has_lease = false;   ///< by the database's clock
  std::uint64_t renewals = 0;

  friend bool operator==(const cluster_node&, const cluster_node&) = default;
};

/// What a renewal saw.
struct lease_renewal {
  database_identity identity;
  std::uint64_t renewals = 0;
  std::vector<cluster_node> nodes = {};  ///< every lease row, the own one among them; long ended ones may be missing
  std::uint64_t changes = 0;  ///< another number than before: an operator changed rows here, or, at home, the shard map
};

/// A shard that its owner gives back, under the term that it holds.
struct owned_shard {
  shard_id shard;
  parley::term term;

  friend bool operator==(const owned_shard&, const owned_shard&) = default;
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
