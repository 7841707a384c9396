#include "actors/core/shard_owner.hpp"

#include <catch2/catch.hpp>

namespace parley {
namespace {

const std::string self = "self", other = "other", third = "third";
constexpr milliseconds insist{2'000};
constexpr instant first_look{seconds{100}};

}  // namespace

TEST_CASE("nobody is known at first; a surveyed row makes its owner known", "[core][shard_owner][G7]") {
  shard_owner owner;
  CHECK_FALSE(owner.is_known());
  CHECK(owner.seen({other, term{5}}, self, first_look, insist));
  CHECK(owner.is_known());
  CHECK(owner.is_at(other));
  CHECK_FALSE(owner.is_at(self));
}

TEST_CASE("a term that ended makes its place unknown, until a later one is heard of", "[core][shard_owner][G7]") {
  shard_owner owner;
  REQUIRE(owner.seen({other, term{5}}, self, first_look, insist));
  owner.ended(term{5});
  CHECK_FALSE(owner.is_known());
  CHECK(owner.is_over(term{5}));
  CHECK_FALSE(owner.seen({other, term{5}}, self, first_look, insist));
  CHECK(owner.seen({third, term{6}}, self, first_look, insist));
  CHECK(owner.is_at(third));
}

TEST_CASE("an earlier term's end takes nothing from a later place", "[core][shard_owner][G7]") {
  shard_owner owner;
  REQUIRE(owner.seen({other, term{5}}, self, first_look, insist));
  owner.ended(term{4});
  CHECK(owner.is_at(other));
}

TEST_CASE("rows of an earlier term are old news, unless surveys repeat them for long", "[core][shard_owner][C7]") {
  shard_owner owner;
  REQUIRE(owner.seen({other, term{9}}, self, first_look, insist));
  owner.ended(term{9});
  CHECK_FALSE(owner.seen({third, term{7}}, self, first_look, insist));
  CHECK_FALSE(owner.seen({third, term{7}}, self, first_look + insist / 2, insist));
  CHECK_FALSE(owner.seen({other, term{8}}, self, first_look + insist / 2, insist));  // another row: it begins anew
  CHECK_FALSE(owner.seen({third, term{7}}, self, first_look + insist, insist));
  CHECK(owner.seen({third, term{7}}, self, first_look + 2 * insist, insist));
  CHECK(owner.is_at(third));
  CHECK(owner.latest().under == term{7});
}

TEST_CASE("what is known is not insisted away by itself, and no row speaks against this node's own shard",
          "[core][shard_owner][G7]") {
  shard_owner owner;
  REQUIRE(owner.seen({other, term{9}}, self, first_look, insist));
  CHECK_FALSE(owner.seen({other, term{9}}, self, first_look, insist));
  CHECK_FALSE(owner.seen({other, term{9}}, self, first_look + 2 * insist, insist));
  owner.opened_here(self, term{10});
  CHECK_FALSE(owner.seen({other, term{9}}, self, first_look + 3 * insist, insist));
  CHECK_FALSE(owner.seen({other, term{9}}, self, first_look + 6 * insist, insist));
  CHECK(owner.is_at(self));
}

TEST_CASE("this node's shard is open also under a term that another history made smaller", "[core][shard_owner][C7]") {
  shard_owner owner;
  REQUIRE(owner.seen({other, term{9}}, self, first_look, insist));
  owner.ended(term{9});
  owner.opened_here(self, term{4});
  CHECK(owner.is_at(self));
  owner.ended(term{4});
  CHECK_FALSE(owner.is_known());
}

}  // namespace parley
