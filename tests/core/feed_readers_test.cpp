#include "tests/core/given_feed.hpp"

namespace parley::testing {

TEST_CASE("a reader inside the window is served from it", "[core][feed]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto effects = f.core.fetch(feed_ticket{7}, seq{2}, 2, f.now);
  const auto* got = find_effect<feed::fetched>(effects);
  REQUIRE(got != nullptr);
  CHECK(got->ticket == feed_ticket{7});
  CHECK(seqs_of(got->page.events) == seqs{3, 4});
  CHECK(got->page.anchor == term{1});
  CHECK(got->page.head.head == at(1, 5));
  CHECK(got->page.is_of_window);
}

TEST_CASE("a reader before or beyond the window is served from storage", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(10, 15);
  const auto after = GENERATE(3u, 15u, 16u);  // at the window's end, who asks has heard of more
  const auto effects = f.core.fetch(feed_ticket{7}, seq{after}, 20, f.now);
  const auto* ask = find_effect<feed::ask_range>(effects);
  REQUIRE(ask != nullptr);
  CHECK(ask->after == seq{after});
  CHECK(ask->limit == 20);
  CHECK(f.core.needs_tick());
}

TEST_CASE("a reader of another history than the window's is served from storage", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto ask = [&](term held) { return f.core.fetch(feed_ticket{7}, seq{3}, 2, f.now, held); };
  CHECK(find_effect<feed::fetched>(ask(term{1})) != nullptr);
  CHECK(find_effect<feed::ask_range>(ask(term{2})) != nullptr);  // who of them is right, storage says
}

TEST_CASE("readers of one range share one read, but only one that was sent after they came", "[core][feed][G3][G9]") {
  given_feed f;
  (void)f.load(10, 15);
  const auto q = asked_range(f.core.fetch(feed_ticket{7}, seq{3}, 20, f.now));
  CHECK(f.core.fetch(feed_ticket{8}, seq{3}, 20, f.now).empty());
  CHECK(f.core.fetch(feed_ticket{9}, seq{3}, 20, f.now).empty());
  const auto first = f.core.range_answered(q, range_of(events_of(1, 4, 15), 1, at(1, 15)), f.now);
  CHECK(count_effects<feed::fetched>(first) == 1);
  const auto second = f.core.range_answered(asked_range(first), range_of(events_of(1, 4, 15), 1, at(1, 15)), f.now);
  CHECK(count_effects<feed::fetched>(second) == 2);
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("a range that fails is read again after a delay, for those who came meanwhile too", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(10, 15);
  const auto q = asked_range(f.core.fetch(feed_ticket{7}, seq{3}, 20, f.now));
  CHECK(f.core.range_answered(q, error{errc::unavailable, ""}, f.now).empty());
  CHECK(f.core.range_answered(question{99}, range_of({}, 1, at(1, 15)), f.now).empty());
  CHECK(f.core.fetch(feed_ticket{8}, seq{3}, 20, f.now).empty());
  CHECK(f.tick(99ms).empty());
  const auto effects =
      f.core.range_answered(asked_range(f.tick(1ms)), range_of(events_of(1, 4, 15), 1, at(1, 15)), f.now);
  CHECK(count_effects<feed::fetched>(effects) == 2);
}

TEST_CASE("a reader whose range can not be read fails at its deadline", "[core][feed][G7]") {
  given_feed f;
  (void)f.load(10, 15);
  const auto q = asked_range(f.core.fetch(feed_ticket{7}, seq{3}, 20, f.now));
  f.now += 1s;
  (void)f.core.fetch(feed_ticket{8}, seq{3}, 20, f.now);
  CHECK(f.tick(3999ms).empty());
  CHECK(the_effect<feed::failed>(f.tick(1ms)).ticket == feed_ticket{7});
  CHECK(the_effect<feed::failed>(f.tick(1s)).ticket == feed_ticket{8});
  CHECK(count_effects<feed::fetched>(f.core.range_answered(q, range_of({}, 1, at(1, 15)), f.now)) == 0);
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("a page that proves its reader wrong is handed on as it is", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(10, 15);
  const auto q = asked_range(f.core.fetch(feed_ticket{7}, seq{3}, 20, f.now));
  const auto effects = f.core.range_answered(q, range_of({}, 9, at(9, 3)), f.now);
  CHECK(the_effect<feed::fetched>(effects).page.anchor == term{9});
}

TEST_CASE("what storage showed to a reader, the feed reads too: nobody goes live ahead of it", "[core][feed][G3][G8]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto q = asked_range(f.core.fetch(feed_ticket{7}, seq{3}, 20, f.now));
  const auto shown = f.core.range_answered(q, range_of(events_of(1, 4, 5), 1, at(1, 5)), f.now);
  CHECK(seqs_of(the_effect<feed::fetched>(shown).page.events) == seqs{4, 5});
  REQUIRE(f.core.needs_tick());
  const auto filled = f.core.range_answered(asked_range(f.tick(5ms)), range_of(events_of(1, 4, 5), 1, at(1, 5)), f.now);
  CHECK(delivered(filled) == seqs{4, 5});
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("a feed does not wait for what storage showed to a reader and then lost", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto q = asked_range(f.core.fetch(feed_ticket{7}, seq{3}, 20, f.now));
  (void)f.core.range_answered(q, range_of(events_of(1, 4, 5), 1, at(1, 5)), f.now);
  CHECK(delivered(f.core.range_answered(asked_range(f.tick(5ms)), range_of({}, 1, at(1, 3)), f.now)).empty());
  CHECK_FALSE(f.core.needs_tick());
}

}  // namespace parley::testing
