#include "actors/core/shard_places.hpp"

#include "actors/core/endpoint_overlaps.hpp"
#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace parley::testing {
namespace {

shard_places map_of(std::vector<std::uint32_t> databases) {
  shard_places places{7, {}};
  for (const auto database : databases) places.databases.push_back(database_id{database});
  return places;
}
shard_places endpoints_map(std::vector<std::size_t> endpoints) { return {7, {}, std::move(endpoints)}; }
const shard_routes three{{database_id{0}, 0}, {database_id{1}, 1}, {database_id{0}, 0}};

}  // namespace

TEST_CASE("a map that was never written, or says what is known, moves nothing", "[core][places]") {
  for (const auto& places : {map_of({}), map_of({0, 1, 0}), endpoints_map({0, 1, 0})}) {
    const auto changes = changes_of(three, places, 2, 2);
    CHECK(changes.moves.empty());
    CHECK(changes.out_of_reach.empty());
    CHECK(changes.endpoint_moves.empty());
    CHECK(changes.out_of_hearing.empty());
  }
}

TEST_CASE("a younger map moves the shards that it names elsewhere, and no other", "[core][places]") {
  const auto changes = changes_of(three, map_of({2, 1, 1}), 3, 2);
  CHECK(changes.moves == std::vector<place_change>{{shard_id{0}, database_id{0}, database_id{2}},
                                                   {shard_id{2}, database_id{0}, database_id{1}}});
  CHECK(changes.out_of_reach.empty());
}

TEST_CASE("a database beyond this node's list is out of reach, and the shard's route stays", "[core][places][G7]") {
  const auto changes = changes_of(three, map_of({2, 0, 0}), 2, 2);
  CHECK(changes.moves == std::vector<place_change>{{shard_id{1}, database_id{1}, database_id{0}}});
  CHECK(changes.out_of_reach == std::vector{shard_id{0}});
}

TEST_CASE("an endpoint beyond this node's list is out of hearing; the others move, and no database does",
          "[core][places][endpoints]") {
  const auto changes = changes_of(three, endpoints_map({2, 1, 1}), 2, 2);
  CHECK(changes.endpoint_moves == std::vector<endpoint_change>{{shard_id{2}, 0, 1}});
  CHECK(changes.out_of_hearing == std::vector{shard_id{0}});
  CHECK(changes.moves.empty());
  CHECK(changes_of(three, endpoints_map({2, 1, 1}), 2, 3).out_of_hearing.empty());
}

TEST_CASE("a shard that changes its endpoint has both until the overlap ends, and never three",
          "[core][places][endpoints][G6]") {
  auto routes = three;
  const shard_id shard{1};
  CHECK_FALSE(routes.endpoints_of(shard).former);
  routes.move_endpoint(shard, 4);
  CHECK(routes[1].endpoint == 4);
  CHECK(routes[1].database == database_id{1});
  CHECK(routes.endpoints_of(shard).present == 4);
  CHECK(routes.endpoints_of(shard).former == 1);
  CHECK_FALSE(routes.endpoints_of(shard_id{0}).former);
  routes.move_endpoint(shard, 5);
  CHECK(routes.endpoints_of(shard).present == 5);
  CHECK(routes.endpoints_of(shard).former == 4);
  const auto copy = routes;
  CHECK(copy.endpoints_of(shard).present == 5);
  CHECK_FALSE(copy.endpoints_of(shard).former);
  routes.end_overlap(shard);
  CHECK(routes.endpoints_of(shard).present == 5);
  CHECK_FALSE(routes.endpoints_of(shard).former);
}

TEST_CASE("an overlap ends at its time, once; a later one of the shard takes its place", "[core][places][endpoints]") {
  endpoint_overlaps overlaps;
  overlaps.begin(shard_id{1}, noon + 5s);
  overlaps.begin(shard_id{2}, noon + 6s);
  overlaps.begin(shard_id{1}, noon + 7s);
  CHECK(overlaps.ended(noon + 5s).empty());
  CHECK(overlaps.ended(noon + 6s) == std::vector{shard_id{2}});
  CHECK_FALSE(overlaps.is_empty());
  CHECK(overlaps.ended(noon + 7s) == std::vector{shard_id{1}});
  CHECK(overlaps.ended(noon + 8s).empty());
  CHECK(overlaps.is_empty());
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
