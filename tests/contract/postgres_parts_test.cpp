#include "storage/postgres/gathering.hpp"

#include <catch2/catch.hpp>

namespace parley::postgres {
namespace {

using std::chrono::milliseconds;
using batch = std::vector<int>;
using moment = gathering<int>::time_point;

constexpr gathering_options small{
    .under_way_max = 1, .batch_max = 4, .waiting_max = 6, .linger_from = 2, .enough = 3, .linger = milliseconds{2}};
const moment start{std::chrono::seconds{100}};

/// One statement of two questions has just been answered.
gathering<int> after_two() {
  gathering<int> all(small);
  CHECK(all.ask(1, start));
  CHECK(all.ask(2, start));
  CHECK(all.take(start) == batch{1, 2});
  all.answered();
  return all;
}

}  // namespace

TEST_CASE("a lone question leaves at once", "[postgres]") {
  gathering<int> all(small);
  CHECK(all.take(start).empty());
  CHECK(all.ask(1, start));
  CHECK(all.take(start) == batch{1});
  all.answered();
  CHECK(all.ask(2, start));
  CHECK_FALSE(all.due());
  CHECK(all.take(start) == batch{2});
}

TEST_CASE("what is asked while a statement is under way goes with the next, in order", "[postgres]") {
  gathering<int> all(small);
  CHECK(all.ask(1, start));
  CHECK(all.take(start) == batch{1});
  CHECK(all.ask(2, start));
  CHECK(all.ask(3, start));
  CHECK(all.take(start).empty());
  CHECK_FALSE(all.due());
  all.answered();
  CHECK(all.take(start) == batch{2, 3});
}

TEST_CASE("a statement that hangs does not hold up the others", "[postgres]") {
  auto options = small;
  options.under_way_max = 2;
  gathering<int> all(options);
  CHECK(all.ask(1, start));
  CHECK(all.take(start) == batch{1});
  CHECK(all.ask(2, start));
  CHECK(all.take(start) == batch{2});
  CHECK(all.ask(3, start));
  CHECK(all.take(start).empty());
  all.answered();
  CHECK(all.take(start) == batch{3});
}

TEST_CASE("after a statement of several the next one waits a moment for more", "[postgres]") {
  auto all = after_two();
  CHECK(all.ask(3, start));
  CHECK(all.take(start + milliseconds{1}).empty());
  CHECK(all.due() == start + milliseconds{2});
  CHECK(all.take(start + milliseconds{2}) == batch{3});
  all.answered();
  CHECK(all.ask(4, start));
  CHECK_FALSE(all.due());  // the last one was alone
}

TEST_CASE("what is worth a statement waits no longer", "[postgres]") {
  auto all = after_two();
  CHECK(all.ask(3, start));
  CHECK(all.ask(4, start));
  CHECK(all.take(start).empty());
  CHECK(all.ask(5, start));
  CHECK_FALSE(all.due());
  CHECK(all.take(start) == batch{3, 4, 5});
}

TEST_CASE("a statement has a bound, and so has the queue", "[postgres]") {
  gathering<int> all(small);
  for (int i = 0; i < 6; ++i) CHECK(all.ask(i, start));
  CHECK_FALSE(all.ask(6, start));
  CHECK(all.take(start) == batch{0, 1, 2, 3});
  CHECK(all.ask(6, start));
  all.answered();
  CHECK(all.take(start) == batch{4, 5, 6});
}

TEST_CASE("who stops gives up what waits, and only that", "[postgres]") {
  gathering<int> all(small);
  CHECK(all.ask(1, start));
  CHECK(all.take(start) == batch{1});
  CHECK(all.ask(2, start));
  CHECK(all.ask(3, start));
  CHECK(all.give_up() == batch{2, 3});
  all.answered();
  CHECK(all.take(start).empty());
}

}  // namespace parley::postgres
