#include "actors/core/join_merge.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace parley::testing {
namespace {

using effects = join_merge::effects;
using on_gap = request::on_gap;

request::join_options live_only() { return {}; }
request::join_options rewind_of(std::uint32_t events) {
  request::join_options o;
  o.rewind = events;
  return o;
}
request::join_options since_of(position p, on_gap gap = on_gap::fill, std::uint32_t max = 100) {
  request::join_options o;
  o.since = p;
  o.gap = gap;
  o.max = max;
  return o;
}

feed_view view_of(event_list events, position before, position floor = {}) {
  const auto last = events.empty() ? before : events.back()->at_position();
  return {head_at(last, floor), before, std::make_shared<const event_list>(std::move(events)), last};
}
range_page page_of(event_list events, std::optional<std::uint64_t> anchor, position head, position floor = {}) {
  return {std::move(events), anchor ? std::optional{term{*anchor}} : std::nullopt, head_at(head, floor), mark_of(1, 1)};
}

/// What a merge asks for, in words: "joined 3/9 rec batch<4-9 live@9".
std::string words(const effects& all) {
  std::ostringstream out;
  const auto say = [&](const auto& what) { out << (out.tellp() > 0 ? " " : "") << what; };
  for (const auto& e : all) {
    if (std::holds_alternative<join_merge::attach>(e)) say("attach");
    if (std::holds_alternative<join_merge::detach>(e)) say("detach");
    if (std::holds_alternative<join_merge::await_drained>(e)) say("drain");
    if (const auto* f = std::get_if<join_merge::fetch>(&e)) {
      say("fetch>" + std::to_string(f->after.value) + "x" + std::to_string(f->limit));
    }
    if (const auto* j = std::get_if<join_merge::joined>(&e)) {
      std::ostringstream at_words;
      at_words << "joined" << j->what.start << "of" << j->what.head;
      say(at_words.str());
      if (j->what.recovered) say(*j->what.recovered ? "recovered" : "unrecovered");
    }
    if (const auto* r = std::get_if<join_merge::refused>(&e))
      say("refused" + std::to_string(static_cast<int>(r->why.code)));
    if (const auto* g = std::get_if<join_merge::go_live>(&e)) {
      std::ostringstream at_words;
      at_words << "live@" << g->at;
      say(at_words.str());
    }
    if (std::holds_alternative<join_merge::broken>(e)) say("broken");
    const auto* s = std::get_if<join_merge::send>(&e);
    if (s == nullptr) continue;
    if (const auto* b = std::get_if<push::batch>(&s->what)) {
      CHECK(b->phase == push::phase::history);
      CHECK(b->before == previous(b->events.front()->seq));
      say("batch<" + std::to_string(b->events.front()->seq.value) + "-" + std::to_string(b->events.back()->seq.value));
    }
    if (const auto* c = std::get_if<push::catching_up>(&s->what)) say("catching_up@" + std::to_string(c->at.seq.value));
    if (const auto* g = std::get_if<push::gap>(&s->what)) {
      static const char* const reasons[] = {"retention", "jump", "reset"};
      std::ostringstream at_words;
      at_words << reasons[static_cast<int>(g->reason)] << g->from << ".." << g->to;
      say(at_words.str());
    }
  }
  return out.str();
}

/// A merge that was just attached with this view.
struct given_merge {
  given_merge(const request::join_options& options, const feed_view& view, std::uint32_t page_events = 100)
      : core("general", options, {page_events}) {
    CHECK(words(core.start()) == "attach");
    said = words(core.attached(view));
  }
  std::string fetched(const range_page& page) { return words(core.fetched(page)); }

  join_merge core;
  std::string said;
};

given_merge live_at(position p) {
  given_merge m{live_only(), view_of({}, p)};
  CHECK(words(m.core.row_live(p)).empty());
  CHECK(m.core.state() == join_merge::state::live);
  return m;
}

const feed_view one_to_nine = view_of(events_of(1, 1, 9), {});
const feed_view late_window = view_of(events_of(1, 91, 99), at(1, 90));  // the log is longer than the window

}  // namespace

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

TEST_CASE("a rewind of the whole log of a long room is told its start by the page", "[core][join_merge][G3]") {
  given_merge m{rewind_of(1000), late_window};
  CHECK(m.said == "fetch>0x100");
  CHECK(m.fetched(page_of(events_of(1, 1, 99), std::nullopt, at(1, 99))) ==
        "joined{0,0}of{1,99} batch<1-99 live@{1,99}");
}

// ---- resume ------------------------------------------------------------------------------------------------------

TEST_CASE("a position in the log is resumed from exactly there", "[core][join_merge][G8]") {
  CHECK(given_merge(since_of(at(1, 5)), one_to_nine).said == "joined{1,5}of{1,9} recovered batch<6-9 live@{1,9}");
  CHECK(given_merge(since_of(at(1, 9)), one_to_nine).said == "joined{1,9}of{1,9} recovered live@{1,9}");
  CHECK(given_merge(since_of({}), one_to_nine).said == "joined{0,0}of{1,9} recovered batch<1-9 live@{1,9}");
  CHECK(given_merge(since_of(at(77, 0)), one_to_nine).said == "joined{0,0}of{1,9} recovered batch<1-9 live@{1,9}");
}

TEST_CASE("a position that is not in the log gets a reset and the newest events", "[core][join_merge][G8]") {
  const auto since = GENERATE(at(2, 5), at(1, 10), at(7, 9));
  CHECK(given_merge(since_of(since, on_gap::fill, 3), one_to_nine).said ==
        "joined{1,6}of{1,9} unrecovered reset1..{1,6} batch<7-9 live@{1,9}");
  CHECK(given_merge(since_of(since), one_to_nine).said ==
        "joined{0,0}of{1,9} unrecovered reset1..{0,0} batch<1-9 live@{1,9}");
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
  CHECK(m.fetched(page_of(events_of(1, 80, 105), 1, at(1, 110))) == "joined{1,79}of{1,110} batch<80-105 drain");
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

// ---- lost tails --------------------------------------------------------------------------------------------------

TEST_CASE("a reader of a lost tail is reset, and the newest events follow", "[core][join_merge][G8]") {
  const auto anchor = GENERATE(std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{2});
  auto m = live_at(at(1, 500));
  (void)m.core.row_behind(at(1, 500), true);
  (void)m.core.drained();
  CHECK(m.fetched(page_of({}, anchor, at(2, 450))) == "fetch>350x100");
  CHECK(m.fetched(page_of(events_of(2, 351, 450), 1, at(2, 450))) == "reset1..{1,350} batch<351-450 live@{2,450}");
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
  CHECK(m.fetched(page_of(events_of(2, 80, 93), 1, at(2, 95))) == "joined{1,79}of{2,95} batch<80-93 drain");
  CHECK(words(m.core.drained()) == "fetch>93x100");
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
