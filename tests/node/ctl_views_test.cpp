#include "node/ctl/node_views.hpp"
#include "node/ctl/table.hpp"

#include <catch2/catch.hpp>

namespace parley::ctl {
namespace {

lease_row lease_of(const std::string& life, const std::string& name) {
  lease_row made;
  made.incarnation = life;
  made.node = name;
  made.address = name + ":7500";
  made.has_lease = true;
  made.renewed_ago = milliseconds{400};
  return made;
}
lease_row ended(lease_row row) {
  row.has_lease = false;
  row.renewed_ago = milliseconds{60'000};
  return row;
}
lease_row asked_to_leave(lease_row row) {
  row.is_asked_to_leave = true;
  return row;
}
owned_row shard_of(std::uint32_t shard, const std::string& life) {
  owned_row made;
  made.shard = shard;
  made.incarnation = life;
  return made;
}

}  // namespace

TEST_CASE("a node's lives are put together from all databases", "[parleyctl]") {
  const auto views = views_of({{lease_of("a", "n1"), lease_of("b", "n2")}, {lease_of("a", "n1")}},
                              {shard_of(0, "a"), shard_of(1, "a"), shard_of(2, "b"), shard_of(3, "")});
  REQUIRE(views.size() == 2);
  CHECK(views[0].name == "n1");
  CHECK(views[0].leases == 2);
  CHECK(views[0].shards == 2);
  CHECK(views[0].takes_shards());
  CHECK(views[1].leases == 1);
  CHECK(views[1].shards == 1);
}

TEST_CASE("a node is drained as soon as one database says so, and gone only where all do", "[parleyctl]") {
  const auto row = lease_of("a", "n1");
  auto leaving = asked_to_leave(row);
  leaving.is_leaving = true;
  const auto state = [](const lease_row& one, const lease_row& two) { return views_of({{one}, {two}}, {})[0].state; };
  CHECK(state(row, row) == node_state::alive);
  CHECK(state(row, asked_to_leave(row)) == node_state::drained);
  CHECK(state(leaving, asked_to_leave(row)) == node_state::leaving);
  CHECK(state(row, ended(row)) == node_state::alive);
  CHECK(state(ended(row), ended(asked_to_leave(row))) == node_state::gone);
  CHECK(views_of({{row}, {ended(row)}}, {})[0].renewed_ago == milliseconds{60'000});
}

TEST_CASE("two live lives of one name and a node without all of its leases are warned of", "[parleyctl]") {
  const auto warnings_for = [](const std::vector<std::vector<lease_row>>& leases) {
    return warnings_of(views_of(leases, {}), leases.size());
  };
  const auto one = lease_of("a", "n1"), two = lease_of("b", "n1");
  CHECK(warnings_for({{one}}).empty());
  CHECK(warnings_for({{one, ended(two)}}).empty());
  const auto twice = warnings_for({{one, two}});
  REQUIRE(twice.size() == 1);
  CHECK(twice[0].find("2 nodes live under the name n1") == 0);
  const auto cut = warnings_for({{one}, {ended(one)}});
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].find("n1 has a lease in 1 of 2 databases") == 0);
}

TEST_CASE("a former life is left out once it owns nothing and its node lives again", "[parleyctl]") {
  const auto now = lease_of("b", "n1"), before = ended(lease_of("a", "n1"));
  CHECK(without_former_lives(views_of({{now, before}}, {})).size() == 1);
  CHECK(without_former_lives(views_of({{now, before}}, {shard_of(0, "a")})).size() == 2);
  CHECK(without_former_lives(views_of({{before}}, {})).size() == 1);
}

TEST_CASE("placement chooses among those who take shards, and among all who live where nobody does", "[parleyctl]") {
  const auto one = lease_of("a", "n1"), two = lease_of("b", "n2");
  for (std::uint32_t shard = 0; shard < 16; ++shard) {
    CHECK(placed_at(shard, {one, asked_to_leave(two)}) == "n1");
    CHECK(placed_at(shard, {ended(one), asked_to_leave(two)}) == "n2");
    CHECK_FALSE(placed_at(shard, {ended(one), ended(two)}));
  }
}

TEST_CASE("columns are as wide as their widest cell, counted in characters", "[parleyctl]") {
  table t{{{"NAME"}, {"N", align::right}, {"LAST"}}};
  t.add({"zoë", "7", "x"});
  t.add({"general", "1234", ""});
  CHECK(t.text() ==
        "NAME        N  LAST\n"
        "zoë         7  x\n"
        "general  1234  -\n");
}

TEST_CASE("what a terminal would obey is not printed", "[parleyctl]") {
  CHECK(shown("a\x1b[31mb\nc\x7f") == "a?[31mb?c?");
  CHECK(shown("\xc2\x9b"
              "31m") == "?31m");
  CHECK(shown("zoë") == "zoë");
}

TEST_CASE("a duration is said in a unit that fits it", "[parleyctl]") {
  CHECK(shown_duration(350) == "350 ms");
  CHECK(shown_duration(2'449) == "2.4 s");
  CHECK(shown_duration(180'000) == "3 min");
  CHECK(shown_duration(5 * 3'600'000) == "5 h");
}

}  // namespace parley::ctl
