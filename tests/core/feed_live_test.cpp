#include "tests/core/given_feed.hpp"

namespace parley::testing {

TEST_CASE("what follows is delivered; a repeat, a late one and an empty one are dropped", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  CHECK(delivered(f.arrived(at(1, 3), events_of(1, 4, 5))) == seqs{4, 5});
  CHECK(f.arrived(at(1, 3), events_of(1, 4, 5)).empty());
  CHECK(f.arrived(at(1, 1), events_of(1, 2, 3)).empty());
  CHECK(f.arrived(at(1, 5), {}).empty());
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("of an envelope that overlaps only the new part is delivered", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  CHECK(delivered(f.arrived(at(1, 1), events_of(1, 2, 5))) == seqs{4, 5});
}

TEST_CASE("an envelope with a hole inside is as good as lost", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  CHECK(f.arrived(at(1, 3), {event_at(1, 4), event_at(1, 6)}).empty());
  CHECK(f.core.last() == at(1, 3));
}

TEST_CASE("reordered envelopes wait for each other, and nothing is read", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  CHECK(f.arrived(at(1, 4), events_of(1, 5, 5)).empty());
  CHECK(f.arrived(at(1, 5), events_of(1, 6, 6)).empty());
  CHECK(delivered(f.arrived(at(1, 3), events_of(1, 4, 4))) == seqs{4, 5, 6});
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("a hole that stays is read from storage after its grace", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.arrived(at(1, 5), events_of(1, 6, 6));
  CHECK(f.tick(4ms).empty());
  const auto asked = f.tick(1ms);
  CHECK(the_effect<feed::ask_range>(asked).after == seq{3});
  CHECK(f.tick(1ms).empty());
  const auto effects = f.core.range_answered(asked_range(asked), range_of(events_of(1, 4, 5), 1, at(1, 6)), f.now);
  CHECK(the_effect<feed::hole_filled>(effects).events == 2);
  CHECK(delivered(effects) == seqs{4, 5, 6});
  CHECK_FALSE(f.core.needs_tick());
}

TEST_CASE("without the link a hole is read at once", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.core.link_lost(f.now);
  CHECK(the_effect<feed::ask_range>(f.core.head_seen(head_at(at(1, 4)), mark_of(1, 7), f.now)).after == seq{3});
}

TEST_CASE("a fill that fails is tried again after a delay", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.arrived(at(1, 5), events_of(1, 6, 6));
  CHECK(f.core.range_answered(asked_range(f.tick(5ms)), error{errc::unavailable, ""}, f.now).empty());
  CHECK(f.tick(99ms).empty());
  (void)asked_range(f.tick(1ms));
}

TEST_CASE("a long hole is read page after page", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.core.head_seen(head_at(at(1, 8)), std::nullopt, f.now);
  const auto part = f.core.range_answered(asked_range(f.tick(5ms)), range_of(events_of(1, 4, 6), 1, at(1, 8)), f.now);
  CHECK(delivered(part) == seqs{4, 5, 6});
  const auto rest = f.tick(5ms);
  CHECK(the_effect<feed::ask_range>(rest).after == seq{6});
  CHECK(delivered(f.core.range_answered(asked_range(rest), range_of(events_of(1, 7, 8), 1, at(1, 8)), f.now)) ==
        seqs{7, 8});
}

TEST_CASE("what came live while a hole was being read is not delivered twice", "[core][feed][G3][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.arrived(at(1, 4), events_of(1, 5, 5));
  const auto q = asked_range(f.tick(5ms));
  CHECK(delivered(f.arrived(at(1, 3), events_of(1, 4, 4))) == seqs{4, 5});
  const auto effects = f.core.range_answered(q, range_of(events_of(1, 4, 6), 1, at(1, 6)), f.now);
  CHECK(count_effects<feed::broken>(effects) == 0);
  CHECK(count_effects<feed::reset_threads>(effects) == 0);
  CHECK(delivered(effects) == seqs{6});
}

TEST_CASE("a fill whose owner changed meanwhile is not taken for a lost tail", "[core][feed][G6]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.arrived(at(2, 5), events_of(2, 6, 6));
  const auto q = asked_range(f.tick(5ms));
  (void)f.arrived(at(1, 3), events_of(2, 4, 5));
  const auto effects = f.core.range_answered(q, range_of(events_of(2, 4, 6), 1, at(2, 6)), f.now);
  CHECK(count_effects<feed::reset_threads>(effects) == 0);
  CHECK(f.core.last() == at(2, 6));
}

TEST_CASE("more envelopes ahead than fit are read from storage", "[core][feed][G9]") {
  feed_options options;
  options.ahead_max = 1;
  given_feed f{options};
  (void)f.load(1, 3);
  for (std::uint64_t s = 5; s <= 7; ++s) (void)f.arrived(at(1, s - 1), events_of(1, s, s));
  CHECK(delivered(f.arrived(at(1, 3), events_of(1, 4, 4))) == seqs{4, 5});
  (void)asked_range(f.tick(5ms));
}

TEST_CASE("a seq that the primary itself lacks is never skipped", "[core][feed][G3]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.core.head_seen(head_at(at(1, 6)), std::nullopt, f.now);
  const auto page = GENERATE(range_of(events_of(1, 5, 6), 1, at(1, 6)), range_of({}, 1, at(1, 6)));
  const auto effects = f.core.range_answered(asked_range(f.tick(5ms)), page, f.now);
  REQUIRE(find_effect<feed::broken>(effects) != nullptr);
  CHECK(the_effect<feed::broken>(effects).at == at(1, 3));
  CHECK(the_effect<feed::broken>(effects).head.head == at(1, 6));
  CHECK(delivered(effects).empty());
  CHECK(f.tick(4999ms).empty());
}

}  // namespace parley::testing
