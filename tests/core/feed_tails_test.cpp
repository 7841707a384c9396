#include "tests/core/given_feed.hpp"

namespace parley::testing {

TEST_CASE("a head that is heard of is fetched: a lost last message shows", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto effects = f.core.head_seen(head_at(at(1, 4)), mark_of(1, 7), f.now);
  CHECK(the_effect<feed::marked>(effects).mark == mark_of(1, 7));
  CHECK(delivered(f.core.range_answered(asked_range(f.tick(5ms)), range_of(events_of(1, 4, 4), 1, at(1, 4)), f.now)) ==
        seqs{4});
}

TEST_CASE("before the first page a head that is heard of says nothing", "[core][feed]") {
  given_feed f;
  CHECK(f.core.head_seen(head_at(at(1, 4)), mark_of(1, 7), f.now).empty());
}

TEST_CASE("a link that came back is not trusted before the head was read from storage", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.core.link_lost(f.now);
  const auto effects = f.subscribed();
  CHECK(the_effect<feed::ask_head>(effects).from_storage);
  CHECK(f.core.needs_tick());
  const auto unmarked = f.head(asked_head(effects), at(1, 3), std::nullopt);
  CHECK(the_effect<feed::ask_head>(unmarked).from_storage);  // the owner's word is not enough
  (void)f.head(asked_head(unmarked), at(1, 3));
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("a head that was asked for before the link came back does not settle it", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto early = asked_head(f.attach(2));
  (void)f.core.link_lost(f.now);
  CHECK(count_effects<feed::ask_head>(f.subscribed()) == 0);
  CHECK(the_effect<feed::ask_head>(f.head(early, at(1, 3))).from_storage);
}

TEST_CASE("a first page that was asked for before the confirmation is checked after it", "[core][feed][G3][G6]") {
  given_feed f;
  (void)f.attach(1);
  const auto q = asked_newest(f.tick(1000ms));
  CHECK(f.subscribed().empty());
  CHECK(the_effect<feed::ask_head>(f.core.newest_answered(q, newest_of({}, {}), f.now)).from_storage);
}

TEST_CASE("a head heard of while a page was being read is not forgotten", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.core.head_seen(head_at(at(1, 4)), std::nullopt, f.now);
  const auto q = asked_range(f.tick(5ms));
  (void)f.core.head_seen(head_at(at(1, 5)), std::nullopt, f.now);
  (void)f.core.range_answered(q, range_of(events_of(1, 4, 4), 1, at(1, 4)), f.now);
  CHECK(the_effect<feed::ask_range>(f.tick(5ms)).after == seq{4});
}

TEST_CASE("a head or an envelope that the primary does not have is a rumour: asked for once, then dropped",
          "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  if (GENERATE(true, false)) {
    (void)f.core.head_seen(head_at(at(1, 9)), std::nullopt, f.now);
  } else {
    (void)f.arrived(at(1, 8), events_of(1, 9, 9));
  }
  (void)f.core.range_answered(asked_range(f.tick(5ms)), range_of({}, 1, at(1, 3)), f.now);
  CHECK_FALSE(f.core.needs_tick());
  CHECK(f.tick(1s).empty());
}

TEST_CASE("our last seq under another term: the tail is proven, and if it was lost the feed begins anew",
          "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto how = GENERATE(0, 1, 2, 3);
  feed::effects asked;
  if (how == 0) asked = f.arrived(at(1, 4), events_of(2, 5, 5));
  if (how == 1) asked = f.arrived(at(2, 5), events_of(2, 6, 6));
  if (how == 2) asked = f.core.head_seen(head_at(at(2, 5)), std::nullopt, f.now);
  if (how == 3) asked = f.arrived(at(1, 3), events_of(2, 4, 6));
  CAPTURE(how);
  CHECK(delivered(asked).empty());
  CHECK(the_effect<feed::ask_range>(asked).after == seq{5});
  const auto effects = f.core.range_answered(asked_range(asked), range_of(events_of(2, 6, 6), 2, at(2, 6)), f.now);
  CHECK(the_effect<feed::reset_threads>(effects).at == at(1, 5));
  CHECK_FALSE(f.core.is_loaded());
  const auto loaded = f.core.newest_answered(asked_newest(effects), newest_of(events_of(2, 1, 6), at(2, 6)), f.now);
  CHECK(the_effect<feed::open_thread>(loaded).at == at(2, 6));
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("a tail that turns out to be the log's is kept", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto asked = f.arrived(at(2, 5), events_of(2, 6, 6));
  const auto effects = f.core.range_answered(asked_range(asked), range_of(events_of(2, 6, 6), 1, at(2, 6)), f.now);
  CHECK(count_effects<feed::reset_threads>(effects) == 0);
  CHECK(delivered(effects) == seqs{6});
}

TEST_CASE("a zombie's late message of a former term changes nothing", "[core][feed][G6][G7]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.arrived(at(1, 3), events_of(2, 4, 5));
  CHECK(f.arrived(at(1, 3), events_of(1, 4, 4)).empty());
  CHECK(f.core.head_seen(head_at(at(1, 3)), std::nullopt, f.now).empty());
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("a reason to doubt that comes while a page is being read is not settled by it", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto q = asked_range(f.core.head_seen(head_at(at(2, 5)), std::nullopt, f.now));
  (void)f.core.head_seen(head_at(at(3, 5)), std::nullopt, f.now);
  const auto effects = f.core.range_answered(q, range_of({}, 1, at(1, 5)), f.now);
  (void)asked_range(effects);
}

TEST_CASE("the primary's head below what we had when we asked: was a tail lost?", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto asked = f.head(asked_head(f.attach(2)), at(1, 3));
  CHECK(count_effects<feed::attached>(asked) == 0);
  const auto effects = f.core.range_answered(asked_range(asked), range_of({}, std::nullopt, at(1, 3)), f.now);
  CHECK(count_effects<feed::reset_threads>(effects) == 1);
  const auto loaded = f.core.newest_answered(asked_newest(effects), newest_of(events_of(1, 1, 3), at(1, 3)), f.now);
  CHECK(the_effect<feed::attached>(loaded).view.last == at(1, 3));
}

TEST_CASE("a poll's head below ours, in a term that began later: was a tail lost in a quiet room?",
          "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  CHECK(f.core.head_seen(head_at(at(1, 3)), mark_of(1, 9), f.now).size() == 1);  // older than what came meanwhile
  const auto asked = f.core.head_seen(head_at(at(1, 3)), mark_of(2, 9), f.now);
  const auto effects = f.core.range_answered(asked_range(asked), range_of({}, std::nullopt, at(1, 3)), f.now);
  CHECK(the_effect<feed::reset_threads>(effects).at == at(1, 5));
}

TEST_CASE("while the tail is in doubt no join gets it and no fetch is served from it", "[core][feed][G3][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto answered = f.head(asked_head(f.attach(2)), at(2, 5));
  CHECK(count_effects<feed::attached>(answered) == 0);
  const auto q = asked_range(answered);
  const auto fetched = f.core.fetch(feed_ticket{3}, seq{3}, 10, f.now);
  CHECK(count_effects<feed::fetched>(fetched) == 0);
  CHECK(the_effect<feed::ask_range>(fetched).after == seq{3});
  CHECK(count_effects<feed::attached>(f.core.range_answered(q, range_of({}, 1, at(1, 5)), f.now)) == 1);
}

TEST_CASE("a head that was asked for before a restart serves no join after it", "[core][feed][G3]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto stale = asked_head(f.attach(2));
  const auto q = asked_range(f.core.head_seen(head_at(at(2, 5)), std::nullopt, f.now));
  const auto newest = asked_newest(f.core.range_answered(q, range_of({}, 2, at(2, 5)), f.now));
  CHECK(f.head(stale, at(1, 5)).empty());
  CHECK(count_effects<feed::attached>(f.core.newest_answered(newest, newest_of({}, {}), f.now)) == 1);
}

TEST_CASE("retention that overtakes the window begins it anew", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto q = asked_range(f.core.head_seen(head_at(at(2, 5)), std::nullopt, f.now));
  const auto effects = f.core.range_answered(q, range_of(events_of(2, 9, 9), std::nullopt, at(2, 9), at(2, 8)), f.now);
  CHECK(count_effects<feed::reset_threads>(effects) == 1);
}

TEST_CASE("the floor trims the window, whoever names it", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 5);
  const auto how = GENERATE(0, 1);
  if (how == 0) {
    (void)f.core.head_seen(head_at(at(1, 5), at(1, 3)), std::nullopt, f.now);
  } else {
    (void)f.core.head_seen(head_at(at(1, 6)), std::nullopt, f.now);
    (void)f.core.range_answered(asked_range(f.tick(5ms)), range_of(events_of(1, 6, 6), 1, at(1, 6), at(1, 3)), f.now);
  }
  CHECK(count_effects<feed::fetched>(f.core.fetch(feed_ticket{2}, seq{2}, 10, f.now)) == 0);
  const auto effects = f.core.fetch(feed_ticket{3}, seq{3}, 10, f.now);
  REQUIRE(find_effect<feed::fetched>(effects) != nullptr);
  CHECK(the_effect<feed::fetched>(effects).page.anchor == term{1});
  CHECK(the_effect<feed::fetched>(effects).page.head.floor == at(1, 3));
}

TEST_CASE("late copies of a lost tail are dropped once a later term's head was read", "[core][feed][G6][G8]") {
  given_feed f;
  (void)f.load(1, 3);
  CHECK(delivered(f.core.head_seen(head_at(at(1, 3)), mark_of(2, 7), f.now)).empty());  // the failover's next owner
  CHECK(delivered(f.arrived(at(1, 3), events_of(1, 4, 5))).empty());
  CHECK(f.core.last() == at(1, 3));
  CHECK(delivered(f.arrived(at(1, 3), events_of(2, 4, 4))) == seqs{4});
}

TEST_CASE("what a former owner committed before the takeover is no lost tail, however late it comes",
          "[core][feed][G3]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.core.head_seen(head_at(at(1, 5)), mark_of(2, 7), f.now);
  CHECK(delivered(f.arrived(at(1, 3), events_of(1, 4, 5))) == seqs{4, 5});
}

TEST_CASE("a tail that came while the head of a later term was asked for is doubted", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto q = asked_head(f.attach(2));
  (void)f.arrived(at(1, 3), events_of(1, 4, 5));
  CHECK(find_effect<feed::ask_range>(f.head(q, at(1, 3), mark_of(2, 7))) != nullptr);
}

TEST_CASE("the tail is doubted also where the next owner's term is below ours", "[core][feed][C7][G8]") {
  given_feed f;
  (void)f.load(1, 2);
  (void)f.arrived(at(1, 2), events_of(5, 3, 4));
  const auto stored = GENERATE(at(1, 2), at(4, 3), at(4, 4));  // nothing, or other events under the same numbers
  CAPTURE(stored.term.value, stored.seq.value);
  const auto effects = f.core.head_seen(head_at(stored), mark_of(4, 7), f.now);
  CHECK(find_effect<feed::ask_range>(effects) != nullptr);
}

TEST_CASE("a read of the owner's own term that was overtaken by what it tells later doubts nothing", "[core][feed]") {
  given_feed f;
  (void)f.load(1, 2);
  (void)f.arrived(at(1, 2), events_of(5, 3, 4));
  CHECK(find_effect<feed::ask_range>(f.core.head_seen(head_at(at(5, 3)), mark_of(5, 7), f.now)) == nullptr);
}

}  // namespace parley::testing
