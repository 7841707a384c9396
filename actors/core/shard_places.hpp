#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/shard_routes.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley {

/// The shard map as the home database keeps it.
struct shard_places {
  std::uint64_t version = 0;           ///< grows with each change
  std::vector<database_id> databases;  ///< by shard; empty: never written, the shards lie as their numbers say

  friend bool operator==(const shard_places&, const shard_places&) = default;
};

struct place_change {
  shard_id shard;
  database_id from;
  database_id to;

  friend bool operator==(const place_change&, const place_change&) = default;
};

/// What a younger map means for a node that runs.
struct place_changes {
  std::vector<place_change> moves;
  /// Shards in a database that this node's list lacks: their routes stay, and nothing can be written or read there.
  std::vector<shard_id> out_of_reach;
};

/// @param databases how many this node's list has
place_changes changes_of(const shard_routes& routes, const shard_places& places, std::size_t databases);

}  // namespace parley
