#include "loadtest/load/publishes_under_way.hpp"

#include <catch2/catch.hpp>

namespace parley::load {

TEST_CASE("an answer finds its publish by id, and only once", "[load][publishes_under_way]") {
  publishes_under_way all;
  all.sent({2, 0, 100, 1, 0});
  all.sent({3, 1, 101, 2, 0});
  const auto found = all.answered(3, 9);
  REQUIRE(found);
  CHECK(found->publish.key == 101);
  CHECK_FALSE(found->is_overtaken);
  CHECK_FALSE(all.answered(3, 9));
  CHECK_FALSE(all.answered(7, 9));
  CHECK(all.size() == 1);
}

TEST_CASE("an answer before an earlier publish of its room is overtaken", "[load][publishes_under_way]") {
  publishes_under_way all;
  all.sent({2, 5, 100, 1, 0});
  all.sent({3, 5, 101, 2, 0});
  CHECK(all.answered(3, 9)->is_overtaken);
}

TEST_CASE("a session's later publishes of a room must exceed its earlier acks", "[load][publishes_under_way]") {
  publishes_under_way all;
  all.sent({2, 5, 100, 1, 0});
  all.sent({3, 5, 101, 2, 0});
  all.sent({4, 6, 102, 3, 0});
  CHECK(all.answered(2, 40)->publish.floor == 0);
  CHECK(all.answered(3, 41)->publish.floor == 40);
  CHECK(all.answered(4, 1)->publish.floor == 0);
}

TEST_CASE("a lost session's publishes are all open", "[load][publishes_under_way]") {
  publishes_under_way all;
  all.sent({2, 5, 100, 1, 0});
  all.sent({3, 5, 101, 2, 0});
  CHECK(all.take_all().size() == 2);
  CHECK(all.size() == 0);
}

}  // namespace parley::load
