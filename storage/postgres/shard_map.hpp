#pragma once

#include "actors/core/result.hpp"
#include "storage/postgres/postgres_options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace parley {

/// A node's lists, which place the shards: a shard's database and endpoint follow from its number and their lengths.
struct shard_map {
  std::vector<postgres_options> databases;
  std::vector<std::string> endpoints;  ///< redis_endpoint::shown
};

/// Compares the lists with what the databases were told by the first node, or tells them. Where they differ the node
/// must not start: it would look for rooms in another database than the others, and publish where nobody listens.
/// Nothing is written before all databases agree. The list of endpoints may change while no node holds a lease; that of
/// databases may not, and none of them may be replaced by another. Blocks; after `prepare_postgres` of each.
/// @param refused  which database said so, where one did
/// @returns why not: `incompatible`, or `unavailable`; none: they agree
std::optional<error> agree_on_shard_map(const shard_map& mine, std::size_t& refused);

}  // namespace parley
