#pragma once

#include "actors/core/result.hpp"
#include "storage/postgres/postgres_options.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// What one database is told of a node's lists, which place the shards: a shard's database and endpoint follow from its
/// number and the lists' lengths.
struct shard_map_entry {
  std::size_t place = 0;  ///< of this database in the list, from 1
  std::size_t databases = 0;
  std::vector<std::string> endpoints;  ///< HOST:PORT in the list's order; asked of the home database, place 1
};

/// Compares the lists with what the database was told by the first node, or tells it. Where they differ the node must
/// not start: it would look for rooms in another database than the others, and publish where nobody listens. The list
/// of endpoints may change while no node holds a lease; the list of databases may not. Blocks; after
/// `prepare_postgres`.
/// @returns why not: `incompatible`, or `unavailable`; none: they agree
std::optional<error> agree_on_shard_map(const postgres_options& options, const shard_map_entry& mine);

}  // namespace parley
