#include "tests/core/given_lease.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

shard_row closing(std::uint32_t shard, const std::string& owner, std::uint64_t t = 5, bool has_lease = false) {
  auto closed = row(shard, owner, t, has_lease);
  closed.is_closing = true;
  return closed;
}

}  // namespace

TEST_CASE("a shard that is closing is given back to nobody, once, also by a node that is alone",
          "[core][lease][move]") {
  auto l = valid_lease();
  (void)l.claimed({won(0, 6), won(1, 7)}, noon);
  CHECK_FALSE(l.has_closing());
  CHECK(l.surveyed({row(0, "us", 6, true), closing(1, "us", 7, true)}, noon).empty());
  CHECK(l.has_closing());
  const auto moves = l.due_moves(noon);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].shard == shard_id{1});
  CHECK(moves[0].term == term{7});
  CHECK(moves[0].to.empty());
  CHECK(l.due_moves(noon).empty());
}

TEST_CASE("a closing shard is left free, and claimed when it closes no more", "[core][lease][move]") {
  auto l = valid_lease();
  CHECK(l.surveyed({closing(0, "")}, noon).empty());
  CHECK(l.surveyed({row(0, "")}, noon).size() == 1);
}

TEST_CASE("what a dead node left of a closing shard is taken over, to be given back", "[core][lease][move][G7]") {
  auto l = valid_lease();
  CHECK(l.surveyed({closing(0, "gone")}, noon).empty());  // the watch begins
  (void)l.renewed({here, 2}, noon + 2s, noon + 2s);
  CHECK(l.surveyed({closing(0, "gone")}, noon + 3s).size() == 1);
  (void)l.claimed({won(0, 9)}, noon + 3s);
  const auto moves = l.due_moves(noon + 3s);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].to.empty());
}

TEST_CASE("a shard that lives here from now on is claimed, one that left is not, and is let go",
          "[core][lease][move]") {
  auto l = valid_lease();
  CHECK(l.surveyed({row(2, "")}, noon).empty());
  l.want(shard_id{2});
  l.want(shard_id{2});
  CHECK(l.surveyed({row(2, "")}, noon).size() == 1);
  (void)l.claimed({won(0, 6), won(1, 6), won(2, 6)}, noon);
  CHECK(l.holds_all_wanted());
  CHECK(l.unwant(shard_id{1}) == term{6});
  CHECK(l.unwant(shard_id{1}) == std::nullopt);
  CHECK_FALSE(l.owns(shard_id{1}));
  CHECK(l.holds_all_wanted());
  CHECK(l.surveyed({row(1, "")}, noon).empty());
  CHECK(l.claimed({won(1, 8)}, noon).empty());  // its claim was on its way
}

}  // namespace parley::testing
