#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/shard_places.hpp"
#include "actors/core/time.hpp"
#include "actors/ports/log.hpp"
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

/// What the rows of one database say of its shards.
struct database_view {
  std::vector<shard_row> rows;
  std::vector<shard_id> departed;  ///< to another database
};

/// The shards whose rooms have come to a database that the map does not name yet: somebody moves them right now, or the
/// command was interrupted before its last step. Nobody claims, writes or reads them where the map says, so that a node
/// may start: their rooms wait until the map is written. @param views of each database, in the order of the list
std::vector<shard_id> shards_on_their_way(const std::vector<database_view>& views,
                                          const std::vector<shard_route>& routes);

/// A shard that somebody once owned in a database which is not its place now, and which has not departed from there:
/// the list of databases has changed since, and its rooms would seem empty.
/// @returns what to tell the operator
std::optional<std::string> misplaced_shard(const std::vector<database_view>& views,
                                           const std::vector<shard_route>& routes);

/// Asks every database, and logs what is on its way. Blocks, at most `at_most` for each question.
/// @throws refusal_to_start
void check_shard_places(const std::vector<database_ports>& databases, const std::vector<shard_route>& routes,
                        milliseconds at_most, log& out);

}  // namespace parley
