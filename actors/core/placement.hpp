#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/shard_rows.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace parley {

/// How much a node wants a shard: the live node with the largest score should own it (rendezvous hashing, Thaler and
/// Ravishankar, 1998), so that a node that comes or goes moves only its own share. Of the name and not of the
/// incarnation: a node that starts again gets its shards back. Every node of a cluster must compute the same: never
/// change it.
std::uint64_t placement_score(std::string_view node, shard_id shard);

/// @param nodes who may own shards
/// @param wish the name that an operator wishes for it: decides where one of the nodes has it
/// @returns the one that should own this one; null: none is there
const node_identity* desired_owner(const std::vector<node_identity>& nodes, shard_id shard, std::string_view wish = {});

}  // namespace parley
