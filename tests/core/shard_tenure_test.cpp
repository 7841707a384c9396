#include "actors/core/shard_tenure.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

shard_tenure opened() {
  shard_tenure tenure;
  REQUIRE(tenure.open(term{5}, 2));
  return tenure;
}

}  // namespace

TEST_CASE("a shard takes the writes of its own term, and no others", "[core][shard_tenure][G7]") {
  CHECK_FALSE(shard_tenure{}.takes(term{5}));
  auto tenure = opened();
  CHECK(tenure.takes(term{5}));
  CHECK_FALSE(tenure.takes(term{4}));
  CHECK_FALSE(tenure.takes(term{6}));
  tenure.close();
  CHECK_FALSE(tenure.takes(term{5}));
}

TEST_CASE("a shard that is handed over takes no write more", "[core][shard_tenure][G2][G7]") {
  auto tenure = opened();
  tenure.hand_over();
  CHECK_FALSE(tenure.takes(term{5}));
  CHECK(tenure.is_handing_over());
  CHECK(tenure.under() == term{5});  // what is under way still ends under it
  tenure.close();
  REQUIRE(tenure.open(term{6}, 2));
  CHECK(tenure.takes(term{6}));
}

TEST_CASE("a term under which a write was given back is never opened: those behind it would pass it",
          "[core][shard_tenure][G2]") {
  shard_tenure tenure;
  tenure.gave_back(term{6});
  tenure.gave_back(term{4});
  CHECK_FALSE(tenure.open(term{6}, 2));
  CHECK_FALSE(tenure.takes(term{6}));
  CHECK(tenure.open(term{7}, 2));
}

TEST_CASE("an owner answers for a head only while the lease stands that it claimed the shard in",
          "[core][shard_tenure][G3][G7]") {
  CHECK_FALSE(shard_tenure{}.may_answer(true));
  auto tenure = opened();
  CHECK(tenure.lease_era() == 2);
  CHECK(tenure.may_answer(true));
  CHECK_FALSE(tenure.may_answer(false));
  tenure.close();
  CHECK_FALSE(tenure.may_answer(true));
}

TEST_CASE("a shard that is handed over answers for no head: its next owner may have written",
          "[core][shard_tenure][G3][G7]") {
  auto tenure = opened();
  tenure.hand_over();
  CHECK_FALSE(tenure.may_answer(true));
}

}  // namespace parley::testing
