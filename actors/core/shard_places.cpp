#include "actors/core/shard_places.hpp"

#include <algorithm>

namespace parley {

namespace {

void add_database_changes(place_changes& found, const shard_routes& routes, const shard_places& places,
                          std::size_t databases) {
  const auto shards = std::min(routes.size(), places.databases.size());
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    const auto to = places.databases[shard];
    const auto from = routes[shard].database;
    if (to == from) continue;
    if (to.value < databases)
      found.moves.push_back({shard_id{shard}, from, to});
    else
      found.out_of_reach.push_back(shard_id{shard});
  }
}

void add_endpoint_changes(place_changes& found, const shard_routes& routes, const shard_places& places,
                          std::size_t endpoints) {
  const auto shards = std::min(routes.size(), places.endpoints.size());
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    const auto to = places.endpoints[shard];
    const auto from = routes[shard].endpoint;
    if (to == from) continue;
    if (to < endpoints)
      found.endpoint_moves.push_back({shard_id{shard}, from, to});
    else
      found.out_of_hearing.push_back(shard_id{shard});
  }
}

}  // namespace

place_changes changes_of(const shard_routes& routes, const shard_places& places, std::size_t databases,
                         std::size_t endpoints) {
  place_changes found;
  add_database_changes(found, routes, places, databases);
  add_endpoint_changes(found, routes, places, endpoints);
  return found;
}

}  // namespace parley
