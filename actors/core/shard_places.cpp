#include "actors/core/shard_places.hpp"

#include <algorithm>

namespace parley {

place_changes changes_of(const shard_routes& routes, const shard_places& places, std::size_t databases) {
  place_changes found;
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
  return found;
}

}  // namespace parley
