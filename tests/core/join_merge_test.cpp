#include "tests/core/given_merge.hpp"

namespace parley::testing {

// ---- where a stream begins ---------------------------------------------------------------------------------------

TEST_CASE("without rewind or since a join begins at the head", "[core][join_merge][G3]") {
  CHECK(given_merge(live_only(), one_to_nine).said == "joined{1,9}of{1,9} live@{1,9}");
  CHECK(given_merge(live_only(), view_of({}, {})).said == "joined{0,0}of{0,0} live@{0,0}");
}

TEST_CASE("a rewind begins that many events before the head, or at the log's start", "[core][join_merge][G3]") {
  CHECK(given_merge(rewind_of(4), one_to_nine).said == "joined{1,5}of{1,9} batch<6-9 live@{1,9}");
  CHECK(given_merge(rewind_of(50), one_to_nine).said == "joined{0,0}of{1,9} batch<1-9 live@{1,9}");
}

TEST_CASE("a rewind past the retained log starts there, without a gap", "[core][join_merge][G8]") {
  const auto view = view_of(events_of(1, 6, 9), at(1, 5), at(1, 5));
  CHECK(given_merge(rewind_of(50), view).said == "joined{1,5}of{1,9} batch<6-9 live@{1,9}");
}

TEST_CASE("a rewind past the window waits for the page that tells its start's term", "[core][join_merge][G3]") {
  given_merge m{rewind_of(20), late_window};
  CHECK(m.said == "fetch>79x100");
  CHECK(m.core.state() == join_merge::state::proving);
  CHECK(m.fetched(page_of(events_of(1, 80, 99), 1, at(1, 99))) == "joined{1,79}of{1,99} batch<80-99 live@{1,99}");
}

TEST_CASE("a join that begins before the window goes over to it where it reaches", "[core][join_merge][G3]") {
  given_merge m{rewind_of(20), late_window};
  CHECK(m.fetched(page_of(events_of(1, 80, 93), 1, at(1, 99))) == "joined{1,79}of{1,99} batch<80-93 drain");
  CHECK(words(m.core.drained()) == "batch<94-99 live@{1,99}");
}

TEST_CASE("a start that retention overtook moves up to the floor, and its first events follow",
          "[core][join_merge][G8]") {
  given_merge m{rewind_of(20), late_window};
  CHECK(m.fetched(page_of(events_of(1, 86, 99), std::nullopt, at(1, 99), at(1, 85))) ==
        "joined{1,85}of{1,99} batch<86-99 live@{1,99}");
}

TEST_CASE("a start that a failover cut away is chosen anew from the log as it is", "[core][join_merge][G8]") {
  given_merge m{rewind_of(20), late_window};
  CHECK(m.fetched(page_of({}, std::nullopt, at(2, 50))) == "fetch>30x100");
  CHECK(m.fetched(page_of(events_of(1, 31, 50), 1, at(2, 50))) == "joined{1,30}of{2,50} batch<31-50 live@{1,50}");
}

TEST_CASE("where retention went past the head that was counted from, and the start too, `joined` names the log's own",
          "[core][join_merge][G8]") {
  given_merge m{rewind_of(60), late_window};
  CHECK(m.said == "fetch>39x100");
  CHECK(m.fetched(page_of(events_of(1, 121, 130), std::nullopt, at(1, 130), at(1, 120))) ==
        "joined{1,120}of{1,130} batch<121-130 live@{1,130}");
}

TEST_CASE("where retention went past the head that was counted from, a rewind is counted from the log's own",
          "[core][join_merge][G8]") {
  given_merge m{rewind_of(20), late_window};
  CHECK(m.said == "fetch>79x100");
  CHECK(m.fetched(page_of(events_of(1, 121, 220), std::nullopt, at(1, 230), at(1, 120))) == "fetch>210x100");
  CHECK(m.fetched(page_of(events_of(1, 211, 230), 1, at(1, 230), at(1, 120))) ==
        "joined{1,210}of{1,230} batch<211-230 live@{1,230}");
}

TEST_CASE("a rewind is counted anew where a failover cut away the head that it was counted from",
          "[core][join_merge][G8]") {
  given_merge m{rewind_of(60), late_window};
  CHECK(m.said == "fetch>39x100");
  CHECK(m.fetched(page_of(events_of(1, 40, 70), 1, at(2, 70))) == "fetch>10x100");
  CHECK(m.fetched(page_of(events_of(1, 11, 70), 1, at(2, 70))) == "joined{1,10}of{2,70} batch<11-70 live@{1,70}");
}

TEST_CASE("a rewind of the whole log of a long room is told its start by the page", "[core][join_merge][G3]") {
  given_merge m{rewind_of(1000), late_window};
  CHECK(m.said == "fetch>0x100");
  CHECK(m.fetched(page_of(events_of(1, 1, 99), std::nullopt, at(1, 99))) ==
        "joined{0,0}of{1,99} batch<1-99 live@{1,99}");
}

// ---- history, page by page ---------------------------------------------------------------------------------------

TEST_CASE("history goes out in pages, each waiting for the socket", "[core][join_merge][G9]") {
  given_merge m{rewind_of(9), one_to_nine, 4};
  CHECK(m.said == "joined{0,0}of{1,9} batch<1-4 drain");
  CHECK(words(m.core.drained()) == "batch<5-8 drain");
  CHECK(words(m.core.drained()) == "batch<9-9 live@{1,9}");
}

TEST_CASE("a page that ends below the head is followed by the next one", "[core][join_merge][G3]") {
  given_merge m{rewind_of(60), late_window, 10};
  CHECK(m.said == "fetch>39x10");
  CHECK(m.fetched(page_of(events_of(1, 40, 49), 1, at(1, 99))) == "joined{1,39}of{1,99} batch<40-49 drain");
  CHECK(words(m.core.drained()) == "fetch>49x10");
  CHECK(m.fetched(page_of(events_of(1, 50, 59), 1, at(1, 99))) == "batch<50-59 drain");
}

TEST_CASE("the head grows while a page is read: the stream follows it", "[core][join_merge][G3]") {
  given_merge m{rewind_of(20), late_window};
  CHECK(m.fetched(page_of(events_of(1, 80, 105), 1, at(1, 110))) == "joined{1,79}of{1,99} batch<80-105 drain");
  CHECK(words(m.core.drained()) == "fetch>105x100");
  CHECK(m.fetched(page_of(events_of(1, 106, 111), 1, at(1, 111))) == "batch<106-111 live@{1,111}");
}

TEST_CASE("a page that lacks a seq ends the stream, and never skips it", "[core][join_merge][G3]") {
  const auto page = GENERATE(page_of(events_of(1, 51, 60), 1, at(1, 99)), page_of({}, 1, at(1, 99)),
                             page_of({event_at(1, 50), event_at(1, 52)}, 1, at(1, 99)));
  given_merge m{rewind_of(60), late_window, 10};
  (void)m.fetched(page_of(events_of(1, 40, 49), 1, at(1, 99)));
  (void)m.core.drained();
  CHECK(m.fetched(page) == "broken detach");
  CHECK(m.core.state() == join_merge::state::ended);
  CHECK(words(m.core.leave()).empty());
}

TEST_CASE("a slow reader that fell below the retained log gets a gap and goes on", "[core][join_merge][G8][G9]") {
  auto m = live_at(at(1, 9));
  CHECK(words(m.core.row_behind(at(1, 9), true)) == "catching_up@9 drain");
  CHECK(words(m.core.drained()) == "fetch>9x100");
  CHECK(m.fetched(page_of(events_of(2, 31, 32), std::nullopt, at(2, 32), at(2, 30))) ==
        "retention10..{2,30} batch<31-32 live@{2,32}");
}

TEST_CASE("a reader that stands on the floor is proven by the floor's term", "[core][join_merge][G8]") {
  auto m = live_at(at(1, 9));
  (void)m.core.row_behind(at(1, 9), true);
  (void)m.core.drained();
  CHECK(m.fetched(page_of(events_of(1, 10, 11), std::nullopt, at(1, 11), at(1, 9))) == "batch<10-11 live@{1,11}");
}

// ---- live, and behind --------------------------------------------------------------------------------------------

TEST_CASE("a row that fell out is told where, and the stream goes on from storage", "[core][join_merge][G3][G9]") {
  auto m = live_at(at(1, 9));
  CHECK(words(m.core.row_behind(at(1, 12), true)) == "catching_up@12 drain");
  CHECK(m.core.last() == at(1, 12));
  CHECK(words(m.core.drained()) == "fetch>12x100");
  CHECK(m.fetched(page_of(events_of(1, 13, 15), 1, at(1, 15))) == "batch<13-15 live@{1,15}");
}

TEST_CASE("a row that the ring did not reach reads on without a word", "[core][join_merge][G3]") {
  given_merge m{live_only(), one_to_nine};
  CHECK(words(m.core.row_behind(at(1, 9), false)) == "fetch>9x100");
  CHECK(m.fetched(page_of({}, 1, at(1, 9))) == "live@{1,9}");
}

TEST_CASE("a row may fall out before it was known to be live", "[core][join_merge][G3]") {
  given_merge m{live_only(), one_to_nine};
  CHECK(words(m.core.row_behind(at(1, 11), true)) == "catching_up@11 drain");
}

TEST_CASE("live is believed at the place that was asked for only", "[core][join_merge]") {
  given_merge m{live_only(), one_to_nine};
  CHECK(words(m.core.row_live(at(1, 8))).empty());
  CHECK(m.core.state() == join_merge::state::going_live);
  (void)m.core.row_live(at(1, 9));
  CHECK(m.core.state() == join_merge::state::live);
}

// ---- failures and ends -------------------------------------------------------------------------------------------

TEST_CASE("a join that can not be served is refused, and its subscription ends", "[core][join_merge][G7]") {
  const refusal why{refusal_code::unavailable, "", {}};
  SECTION("before the view") {
    join_merge m{"general", live_only()};
    (void)m.start();
    CHECK(words(m.failed(why)) == "refused5030 detach");
    CHECK(words(m.attached(one_to_nine)).empty());
    CHECK(words(m.leave()).empty());
  }
  SECTION("before its start is known") {
    given_merge m{rewind_of(20), late_window};
    CHECK(words(m.core.failed(why)) == "refused5030 detach");
    CHECK(m.fetched(page_of(events_of(1, 80, 99), 1, at(1, 99))).empty());
  }
}

TEST_CASE("after the reply a read that fails is asked for again", "[core][join_merge][G3]") {
  auto m = live_at(at(1, 9));
  (void)m.core.row_behind(at(1, 9), true);
  (void)m.core.drained();
  CHECK(words(m.core.failed({refusal_code::unavailable, "", {}})) == "fetch>9x100");
  CHECK(m.fetched(page_of(events_of(1, 10, 10), 1, at(1, 10))) == "batch<10-10 live@{1,10}");
}

TEST_CASE("what comes at the wrong time is nobody's", "[core][join_merge]") {
  auto m = live_at(at(1, 9));
  CHECK(words(m.core.drained()).empty());
  CHECK(m.fetched(page_of(events_of(1, 10, 10), 1, at(1, 10))).empty());
  CHECK(words(m.core.attached(one_to_nine)).empty());
  CHECK(words(m.core.failed({})).empty());
  (void)m.core.row_behind(at(1, 9), true);
  CHECK(words(m.core.row_behind(at(1, 9), true)).empty());
  CHECK(m.core.last() == at(1, 9));
}

TEST_CASE("a subscription that is left ends once", "[core][join_merge]") {
  auto m = live_at(at(1, 9));
  CHECK(words(m.core.leave()) == "detach");
  CHECK(words(m.core.leave()).empty());
  CHECK(words(m.core.row_behind(at(1, 9), true)).empty());
  CHECK(m.core.room() == "general");
}

}  // namespace parley::testing
