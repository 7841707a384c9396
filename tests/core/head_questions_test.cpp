#include "actors/core/head_questions.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

using questions = head_questions<int>;
const head_questions_options small{milliseconds{250}, 3};
const instant start = instant{} + milliseconds{1'000};

}  // namespace

TEST_CASE("an owner's word goes to who asked, once", "[core][head_questions][G3]") {
  questions q{small};
  const auto first = q.ask(7, "n1", start);
  const auto second = q.ask(8, "n1", start);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(q.ended(*second) == 8);
  CHECK(q.ended(*first) == 7);
  CHECK_FALSE(q.ended(*first));
  CHECK(q.is_empty());
}

TEST_CASE("who waited for the whole patience goes to storage, and a late word is nobody's",
          "[core][head_questions][G3]") {
  questions q{small};
  const auto early = q.ask(7, "n1", start);
  (void)q.ask(8, "n1", start + milliseconds{1});
  CHECK(q.overdue(start + milliseconds{249}).empty());
  CHECK(q.overdue(start + milliseconds{250}) == std::vector{7});
  CHECK_FALSE(q.ended(*early));
  CHECK(q.overdue(start + milliseconds{251}) == std::vector{8});
  CHECK(q.is_empty());
}

TEST_CASE("a broken link ends the questions of its own node only, in their order", "[core][head_questions][G3]") {
  questions q{small};
  (void)q.ask(1, "n1", start);
  const auto other = q.ask(2, "n2", start);
  (void)q.ask(3, "n1", start);
  CHECK(q.link_lost("n1") == std::vector{1, 3});
  CHECK(q.ended(*other) == 2);
}

TEST_CASE("past the bound another node is not asked", "[core][head_questions][G9]") {
  questions q{small};
  for (int i = 0; i < 3; ++i) REQUIRE(q.ask(i, "n1", start));
  CHECK_FALSE(q.ask(3, "n1", start));
  (void)q.overdue(start + milliseconds{250});
  CHECK(q.ask(4, "n1", start));
}

TEST_CASE("a number is never given twice, not even after all ended", "[core][head_questions]") {
  questions q{small};
  const auto before = q.ask(1, "n1", start);
  q.clear();
  CHECK(q.ask(2, "n1", start) != before);
}

}  // namespace parley::testing
