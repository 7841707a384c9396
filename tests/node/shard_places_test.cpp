#include "node/shard_places.hpp"

#include "node/refusal_to_start.hpp"

#include <catch2/catch.hpp>

using namespace parley;

namespace {

shard_row owned(std::uint32_t shard, std::uint64_t since_term) {
  shard_row row;
  row.shard = shard_id{shard};
  row.term = term{since_term};
  return row;
}

std::vector<database_view> rows(std::vector<std::vector<shard_row>> of) {
  std::vector<database_view> views;
  for (auto& one : of) views.push_back({std::move(one), {}});
  return views;
}

}  // namespace

TEST_CASE("shards spread evenly over databases and endpoints", "[node]") {
  const auto routes = spread_shards(12, 3, 2);
  REQUIRE(routes.size() == 12);
  CHECK(routes[0].database == database_id{0});
  CHECK(routes[4].database == database_id{1});
  CHECK(routes[11].database == database_id{2});
  CHECK(routes[4].endpoint == 0);
  CHECK(routes[11].endpoint == 1);
}

TEST_CASE("a shard that nobody owned yet may go anywhere", "[node]") {
  CHECK(misplaced_shard(rows({{owned(0, 0), owned(1, 0)}, {owned(0, 0), owned(1, 0)}}), spread_shards(2, 2, 1)) ==
        std::nullopt);
}

TEST_CASE("a shard that was owned in its place is in its place", "[node]") {
  CHECK(misplaced_shard(rows({{owned(0, 7), owned(1, 0)}, {owned(0, 0), owned(1, 9)}}), spread_shards(2, 2, 1)) ==
        std::nullopt);
}

TEST_CASE("a database added to the list, or two swapped, would hide shards", "[node]") {
  const auto added =
      misplaced_shard(rows({{owned(0, 7), owned(1, 7)}, {owned(0, 0), owned(1, 0)}}), spread_shards(2, 2, 1));
  REQUIRE(added);
  CHECK(added->find("shard 1 lives in database 1") != std::string::npos);
  CHECK(misplaced_shard(rows({{owned(0, 0), owned(1, 9)}, {owned(0, 7), owned(1, 0)}}), spread_shards(2, 2, 1)));
}

TEST_CASE("a map goes before the number of a shard; without one a longer list would move all", "[node][move]") {
  const shard_places kept{7, {database_id{0}, database_id{2}, database_id{0}, database_id{1}}};
  const auto routes = place_shards(kept, 4, 3, 2);
  CHECK(routes[0].database == database_id{0});
  CHECK(routes[1].database == database_id{2});
  CHECK(routes[2].database == database_id{0});
  CHECK(routes[3].database == database_id{1});
  CHECK(routes[3].endpoint == 1);
  CHECK(place_shards({}, 4, 3, 2)[2].database == database_id{2});
}

TEST_CASE("a map that names endpoints goes before the numbers too, and moves no database", "[node][endpoints]") {
  const shard_places kept{7, {}, {0, 1, 0, 2}};
  const auto routes = place_shards(kept, 4, 2, 3);
  CHECK(routes[2].endpoint == 0);  // its number would say 2
  CHECK(routes[3].endpoint == 2);
  CHECK(routes[3].database == database_id{1});
  CHECK_THROWS_WITH(place_shards(kept, 4, 2, 2), Catch::Matchers::Contains("shard 3 has Redis endpoint 3"));
}

TEST_CASE("a list that lacks a database with shards in it does not start", "[node][move][G7]") {
  CHECK_THROWS_AS(place_shards({7, {database_id{0}, database_id{2}}}, 2, 2, 1), refusal_to_start);
}

TEST_CASE("a shard that has departed for its new place, and whose map is not written yet, keeps no node from starting",
          "[node][move][G7]") {
  const auto routes = spread_shards(2, 2, 1);
  const std::vector<database_view> views{{{}, {shard_id{0}}}, {{owned(0, 9), owned(1, 7)}, {}}};
  CHECK(misplaced_shard(views, routes) == std::nullopt);
  CHECK(shards_on_their_way(views, routes) == std::vector<shard_id>{shard_id{0}});
  SECTION("once the map names it, it is in its place") {
    const auto placed = place_shards({7, {database_id{1}, database_id{1}}}, 2, 2, 1);
    CHECK(misplaced_shard(views, placed) == std::nullopt);
    CHECK(shards_on_their_way(views, placed).empty());
  }
  SECTION("one that departed from elsewhere than the map says is in a wrong place") {
    CHECK(misplaced_shard({{{owned(1, 7)}, {}}, {{}, {shard_id{0}}}}, routes));
  }
}
