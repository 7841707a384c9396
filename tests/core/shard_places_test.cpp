#include "actors/core/shard_places.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

shard_places map_of(std::vector<std::uint32_t> databases) {
  shard_places places{7, {}};
  for (const auto database : databases) places.databases.push_back(database_id{database});
  return places;
}
const shard_routes three{{database_id{0}, 0}, {database_id{1}, 1}, {database_id{0}, 0}};

}  // namespace

TEST_CASE("a map that was never written, or says what is known, moves nothing", "[core][places]") {
  for (const auto& places : {map_of({}), map_of({0, 1, 0})}) {
    const auto changes = changes_of(three, places, 2);
    CHECK(changes.moves.empty());
    CHECK(changes.out_of_reach.empty());
  }
}

TEST_CASE("a younger map moves the shards that it names elsewhere, and no other", "[core][places]") {
  const auto changes = changes_of(three, map_of({2, 1, 1}), 3);
  CHECK(changes.moves == std::vector<place_change>{{shard_id{0}, database_id{0}, database_id{2}},
                                                   {shard_id{2}, database_id{0}, database_id{1}}});
  CHECK(changes.out_of_reach.empty());
}

TEST_CASE("a database beyond this node's list is out of reach, and the shard's route stays", "[core][places][G7]") {
  const auto changes = changes_of(three, map_of({2, 0, 0}), 2);
  CHECK(changes.moves == std::vector<place_change>{{shard_id{1}, database_id{1}, database_id{0}}});
  CHECK(changes.out_of_reach == std::vector{shard_id{0}});
}

TEST_CASE("routes move one by one, keep their endpoints, and a copy is of its own", "[core][places]") {
  auto routes = three;
  const auto copy = routes;
  routes.move(shard_id{1}, database_id{4});
  CHECK(routes[1].database == database_id{4});
  CHECK(routes[1].endpoint == 1);
  CHECK(routes[0].database == database_id{0});
  CHECK(copy[1].database == database_id{1});
}

}  // namespace parley::testing
