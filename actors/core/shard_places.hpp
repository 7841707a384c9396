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
  /// By shard, from 0 on; empty: never written, the shards have those that their numbers say.
  std::vector<std::size_t> endpoints = {};

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
  std::vector<endpoint_change> endpoint_moves;
  /// Shards at an endpoint that this node's list lacks: their routes stay. Other nodes' readers find what is published
  /// here by polling, and so do the readers here.
  std::vector<shard_id> out_of_hearing;
};

/// @param databases, endpoints how many this node's lists have
place_changes changes_of(const shard_routes& routes, const shard_places& places, std::size_t databases,
                         std::size_t endpoints);

}  // namespace parley
