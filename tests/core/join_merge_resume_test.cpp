#include "tests/core/given_merge.hpp"

namespace parley::testing {

// ---- resume ------------------------------------------------------------------------------------------------------

TEST_CASE("a position in the log is resumed from exactly there", "[core][join_merge][G8]") {
  CHECK(given_merge(since_of(at(1, 5)), one_to_nine).said == "joined{1,5}of{1,9} recovered batch<6-9 live@{1,9}");
  CHECK(given_merge(since_of(at(1, 9)), one_to_nine).said == "joined{1,9}of{1,9} recovered live@{1,9}");
  CHECK(given_merge(since_of({}), one_to_nine).said == "joined{0,0}of{1,9} recovered batch<1-9 live@{1,9}");
  CHECK(given_merge(since_of(at(77, 0)), one_to_nine).said == "joined{0,0}of{1,9} recovered batch<1-9 live@{1,9}");
}

TEST_CASE("a position that is not in the log gets a reset and the newest events", "[core][join_merge][G8]") {
  const auto since = GENERATE(at(2, 5), at(7, 9));
  CHECK(given_merge(since_of(since, on_gap::fill, 3), one_to_nine).said ==
        "joined{1,6}of{1,9} unrecovered reset1..{1,6} batch<7-9 live@{1,9}");
  CHECK(given_merge(since_of(since), one_to_nine).said ==
        "joined{0,0}of{1,9} unrecovered reset1..{0,0} batch<1-9 live@{1,9}");
}

// The owner's word can be behind: a commit whose answer is still on its way was read by another node, and shown there.
TEST_CASE("a position beyond the head is proven by storage before anybody is reset", "[core][join_merge][G8]") {
  given_merge m{since_of(at(1, 10)), one_to_nine};
  CHECK(m.said == "fetch>10x100");
  SECTION("it is stored") {
    CHECK(m.fetched(page_of({}, 1, at(1, 10))) == "joined{1,10}of{1,10} recovered live@{1,10}");
  }
  SECTION("it is not") {
    CHECK(m.fetched(page_of({}, std::nullopt, at(1, 9))) ==
          "joined{0,0}of{1,9} unrecovered reset1..{0,0} batch<1-9 live@{1,9}");
  }
}

TEST_CASE("a position older than the window is proven by the stored event itself", "[core][join_merge][G8]") {
  given_merge m{since_of(at(1, 70)), late_window};
  CHECK(m.said == "fetch>70x100");
  SECTION("found") {
    CHECK(m.fetched(page_of(events_of(1, 71, 99), 1, at(1, 99))) ==
          "joined{1,70}of{1,99} recovered batch<71-99 live@{1,99}");
  }
  SECTION("another term") {
    CHECK(m.fetched(page_of(events_of(1, 71, 99), 2, at(1, 99))) == "fetch>0x100");
    CHECK(m.fetched(page_of(events_of(1, 1, 99), std::nullopt, at(1, 99))) ==
          "joined{0,0}of{1,99} unrecovered reset1..{0,0} batch<1-99 live@{1,99}");
  }
  SECTION("retention went past it meanwhile") {
    CHECK(m.fetched(page_of(events_of(1, 81, 99), std::nullopt, at(1, 99), at(1, 80))) ==
          "joined{1,80}of{1,99} unrecovered retention71..{1,80} batch<81-99 live@{1,99}");
  }
  SECTION("cut away meanwhile") { CHECK(m.fetched(page_of({}, std::nullopt, at(1, 60))) == "fetch>0x100"); }
}

TEST_CASE("the log's start is resumed from a long log too", "[core][join_merge][G8]") {
  given_merge m{since_of({}), late_window, 5};
  CHECK(m.said == "fetch>0x5");
  CHECK(m.fetched(page_of(events_of(1, 1, 5), std::nullopt, at(1, 99))) ==
        "joined{0,0}of{1,99} recovered batch<1-5 drain");
}

TEST_CASE("a position below the retained log gets a gap up to it, then all of it", "[core][join_merge][G8]") {
  SECTION("that the window holds") {
    const auto view = view_of(events_of(1, 6, 9), at(1, 5), at(1, 5));
    CHECK(given_merge(since_of(at(1, 2)), view).said ==
          "joined{1,5}of{1,9} unrecovered retention3..{1,5} batch<6-9 live@{1,9}");
    CHECK(given_merge(since_of({}), view).said ==
          "joined{1,5}of{1,9} unrecovered retention1..{1,5} batch<6-9 live@{1,9}");
    CHECK(given_merge(since_of(at(1, 5)), view).said == "joined{1,5}of{1,9} recovered batch<6-9 live@{1,9}");
  }
  SECTION("that has to be read: one gap, up to the floor of the page") {
    given_merge m{since_of(at(1, 2)), view_of(events_of(1, 91, 99), at(1, 90), at(1, 5))};
    CHECK(m.said == "fetch>5x100");
    CHECK(m.fetched(page_of(events_of(1, 9, 99), std::nullopt, at(1, 99), at(1, 8))) ==
          "joined{1,8}of{1,99} unrecovered retention3..{1,8} batch<9-99 live@{1,99}");
  }
}

TEST_CASE("with jump a reader that missed too much gets the newest only; otherwise everything",
          "[core][join_merge][G8]") {
  CHECK(given_merge(since_of(at(1, 2), on_gap::jump, 3), one_to_nine).said ==
        "joined{1,6}of{1,9} recovered jump3..{1,6} batch<7-9 live@{1,9}");
  CHECK(given_merge(since_of(at(1, 6), on_gap::jump, 3), one_to_nine).said ==
        "joined{1,6}of{1,9} recovered batch<7-9 live@{1,9}");
  CHECK(given_merge(since_of(at(1, 2), on_gap::fill, 3), one_to_nine).said ==
        "joined{1,2}of{1,9} recovered batch<3-9 live@{1,9}");
}

TEST_CASE("a jump over the window's beginning reads its start", "[core][join_merge][G8]") {
  given_merge m{since_of(at(1, 10), on_gap::jump, 20), late_window};
  CHECK(m.said == "fetch>10x100");
  CHECK(m.fetched(page_of(events_of(1, 11, 99), 1, at(1, 99))) == "fetch>79x100");
  CHECK(m.fetched(page_of(events_of(1, 80, 99), 1, at(1, 99))) ==
        "joined{1,79}of{1,99} recovered jump11..{1,79} batch<80-99 live@{1,99}");
}

// ---- lost tails --------------------------------------------------------------------------------------------------

TEST_CASE("a reader of a lost tail is reset, and the newest events follow", "[core][join_merge][G8]") {
  const auto anchor = GENERATE(std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{2});
  auto m = live_at(at(1, 500));
  (void)m.core.row_behind(at(1, 500), true);
  (void)m.core.drained();
  CHECK(m.fetched(page_of({}, anchor, at(2, 450))) == "fetch>350x100");
  CHECK(m.fetched(page_of(events_of(2, 351, 450), 1, at(2, 450))) == "reset1..{1,350} batch<351-450 live@{2,450}");
}

TEST_CASE("who asks for what follows says which history it holds", "[core][join_merge][G8]") {
  auto m = live_at(at(2, 500));
  (void)m.core.row_behind(at(2, 500), true);
  const auto asked = m.core.drained();
  CHECK(the_effect<join_merge::fetch>(asked).held == term{2});
  join_merge resumed{"general", since_of(at(3, 120)), {}};
  (void)resumed.start();
  CHECK(the_effect<join_merge::fetch>(resumed.attached(late_window)).held == term{3});
}

TEST_CASE("a feed that is behind the log does not lower the head that the join has named",
          "[core][join_merge][G3][G8]") {
  given_merge m{since_of(at(1, 12)), one_to_nine};
  CHECK(m.said == "fetch>12x100");
  // A failover has cut the reader's tail; another owner has gone on, of which this feed has not heard.
  CHECK(m.fetched(page_of({}, std::nullopt, at(2, 11))) ==
        "joined{0,0}of{2,11} unrecovered reset1..{0,0} batch<1-9 fetch>9x100");
  auto behind = page_of({}, 1, at(1, 9));
  behind.is_of_window = true;
  CHECK(m.fetched(behind) == "fetch>9x100");
  CHECK(m.fetched(page_of(events_of(2, 10, 11), 1, at(2, 11))) == "batch<10-11 live@{2,11}");
}

TEST_CASE("a reset of a short log begins at its start, or at its floor", "[core][join_merge][G8]") {
  auto m = live_at(at(1, 9));
  (void)m.core.row_behind(at(1, 9), true);
  (void)m.core.drained();
  SECTION("start") {
    CHECK(m.fetched(page_of({}, 2, at(2, 9))) == "reset1..{0,0} fetch>0x100");
    CHECK(m.fetched(page_of(events_of(2, 1, 9), std::nullopt, at(2, 9))) == "batch<1-9 live@{2,9}");
  }
  SECTION("floor") {
    CHECK(m.fetched(page_of({}, 2, at(2, 9), at(1, 4))) == "reset1..{1,4} fetch>4x100");
    CHECK(m.fetched(page_of(events_of(2, 5, 9), 1, at(2, 9), at(1, 4))) == "batch<5-9 live@{2,9}");
  }
  SECTION("nothing is left") {
    CHECK(m.fetched(page_of({}, std::nullopt, {})) == "reset1..{0,0} fetch>0x100");
    CHECK(m.fetched(page_of({}, std::nullopt, {})) == "live@{0,0}");
  }
}

TEST_CASE("a tail that is lost again while its reader is being reset is reset once, to what is there",
          "[core][join_merge][G8]") {
  auto m = live_at(at(1, 500));
  (void)m.core.row_behind(at(1, 500), true);
  (void)m.core.drained();
  CHECK(m.fetched(page_of({}, 2, at(2, 450))) == "fetch>350x100");
  CHECK(m.fetched(page_of({}, std::nullopt, at(1, 340))) == "fetch>240x100");
  CHECK(m.fetched(page_of(events_of(1, 241, 340), 1, at(1, 340))) == "reset1..{1,240} batch<241-340 live@{1,340}");
}

TEST_CASE("retention that overtakes a reset moves its end to the floor", "[core][join_merge][G8]") {
  auto m = live_at(at(1, 500));
  (void)m.core.row_behind(at(1, 500), true);
  (void)m.core.drained();
  (void)m.fetched(page_of({}, 2, at(2, 450)));
  CHECK(m.fetched(page_of(events_of(2, 401, 450), std::nullopt, at(2, 450), at(2, 400))) ==
        "reset1..{2,400} batch<401-450 live@{2,450}");
}

TEST_CASE("a head that was cut away is not waited for", "[core][join_merge][G8]") {
  given_merge m{rewind_of(60), late_window, 10};
  (void)m.fetched(page_of(events_of(1, 40, 49), 1, at(1, 99)));
  (void)m.core.drained();
  CHECK(m.fetched(page_of({}, 1, at(1, 49))) == "live@{1,49}");
}

TEST_CASE("a view of a lost tail is not glued to pages that were read after it", "[core][join_merge][G2][G8]") {
  given_merge m{rewind_of(20), late_window};
  CHECK(m.fetched(page_of(events_of(2, 80, 93), 1, at(2, 95))) == "fetch>75x100");
  CHECK(m.fetched(page_of(events_of(2, 76, 93), 1, at(2, 95))) == "joined{1,75}of{2,95} batch<76-93 drain");
  CHECK(words(m.core.drained()) == "fetch>93x100");
}

}  // namespace parley::testing
