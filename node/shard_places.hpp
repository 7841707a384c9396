#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/shard_places.hpp"
#include "actors/core/time.hpp"
#include "actors/ports/ownership_log.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// Which database and endpoint each shard has: its number modulo theirs.
std::vector<shard_route> spread_shards(std::uint32_t shards, std::size_t databases, std::size_t endpoints);
/// The same, but for the databases and endpoints that the cluster's map names. @throws refusal_to_start where a list of
/// this node is too short for it
std::vector<shard_route> place_shards(const shard_places& places, std::uint32_t shards, std::size_t databases,
                                      std::size_t endpoints);

/// A shard that somebody once owned in a database which is not its place now: the list of databases has changed since,
/// and its rooms would seem empty; or its way to another database was interrupted at its last step. @param rows of each
/// database, in the order of the list
/// @returns what to tell the operator
std::optional<std::string> misplaced_shard(const std::vector<std::vector<shard_row>>& rows,
                                           const std::vector<shard_route>& routes);

/// Asks every database. Blocks, at most `at_most` for each. @throws refusal_to_start
void check_shard_places(const std::vector<database_ports>& databases, const std::vector<shard_route>& routes,
                        milliseconds at_most);

}  // namespace parley
