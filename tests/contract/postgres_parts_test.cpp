#include "storage/postgres/gathering.hpp"
#include "storage/postgres/key_sweep.hpp"

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

TEST_CASE("a sweep begins somewhere, goes on behind where it was, and begins anew at the end", "[postgres][sweep]") {
  key_sweep sweep(0.5);
  CHECK(sweep.first() == 0);
  (void)sweep.looked(0, 1000, milliseconds{1});
  CHECK(sweep.first() == 500);
  CHECK(sweep.end() == 628);
  for (const auto first : {628, 756, 884, 0, 128}) {
    (void)sweep.looked(0, 1000, milliseconds{1});
    CHECK(sweep.first() == first);
  }
  (void)sweep.looked(2000, 1000, milliseconds{1});
  CHECK(sweep.first() == 128);  // there may be more
}

TEST_CASE("a sweep sees a small table once a period, a large one once a round, and never takes all of the time",
          "[postgres][sweep]") {
  key_sweep sweep(0);
  const milliseconds minute{60'000};
  CHECK(sweep.looked(7, 0, milliseconds{0}) == minute);
  CHECK(sweep.looked(7, 60 * 128, milliseconds{3}) == minute);
  CHECK(sweep.looked(7, 600 * 128, milliseconds{3}) == minute / 10);
  CHECK(sweep.looked(7, 60'000'000, milliseconds{30}) == milliseconds{30});
  CHECK(sweep.looked(2000, 0, milliseconds{20}) == milliseconds{20});
  CHECK(sweep.looked(2000, 0, milliseconds{0}) == milliseconds{1});
}

}  // namespace parley::postgres
