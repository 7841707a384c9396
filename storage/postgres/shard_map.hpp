#pragma once

#include "actors/core/result.hpp"
#include "actors/core/shard_places.hpp"
#include "storage/postgres/postgres_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// A node's lists. A shard's database and endpoint follow from its number and their lengths, as long as the home
/// database keeps no places.
struct shard_map {
  std::vector<postgres_options> databases;
  std::vector<std::string> endpoints;  ///< redis_endpoint::shown
};

/// Compares the lists with what the databases were told by the first node, or tells them. Where they differ the node
/// must not start: it would look for rooms in another database than the others, and publish where nobody listens.
/// Nothing is written before all databases agree. Both lists grow by `parleyctl ... add`. That of endpoints may also
/// change while no node holds a lease, as long as it has those that shards were moved to; none of the databases may be
/// replaced by another. Blocks; after `prepare_postgres` of each.
/// @param refused  which database said so, where one did
/// @returns why not: `incompatible`, or `unavailable`; none: they agree
std::optional<error> agree_on_shard_map(const shard_map& mine, std::size_t& refused);

/// The home database's places. Blocks; after `prepare_postgres`. @returns `unavailable`
result<shard_places> read_shard_places(const postgres_options& home);

namespace postgres {

/// @param databases, endpoints  numbers from 1, parted by blanks, in the order of the shards
shard_places places_of(std::uint64_t version, std::string_view databases, std::string_view endpoints);

}  // namespace postgres
}  // namespace parley
