#include "tests/core/given_feed.hpp"

namespace parley::testing {

TEST_CASE("nothing is read before the subscription is confirmed", "[core][feed][G3]") {
  given_feed f;
  CHECK(f.attach(1).empty());
  CHECK(f.core.needs_tick());
  CHECK(f.tick(999ms).empty());
  CHECK(find_effect<feed::ask_newest>(f.subscribed()) != nullptr);
}

TEST_CASE("a subscription that is not confirmed in time leaves the feed polling: the join goes on",
          "[core][feed][G6]") {
  given_feed f;
  (void)f.attach(1);
  CHECK(the_effect<feed::ask_newest>(f.tick(1000ms)).limit == 256);
}

TEST_CASE("a link that is lost before it was confirmed holds no join up", "[core][feed][G6]") {
  given_feed f;
  (void)f.attach(1);
  CHECK(find_effect<feed::ask_newest>(f.core.link_lost(f.now)) != nullptr);
}

TEST_CASE("the first page opens the threads and answers the joins that came before it was asked for",
          "[core][feed][G3]") {
  given_feed f;
  (void)f.attach(1, first_thread);
  (void)f.attach(2, second_thread);
  const auto q = asked_newest(f.subscribed());
  (void)f.attach(3, first_thread);
  const auto effects = f.core.newest_answered(q, newest_of(events_of(1, 1, 3), at(1, 3)), f.now);
  CHECK(the_effect<feed::marked>(effects).mark == mark_of(1, 5));
  CHECK(count_effects<feed::open_thread>(effects) == 2);
  CHECK(the_effect<feed::open_thread>(effects).at == at(1, 3));
  CHECK(count_effects<feed::attached>(effects) == 2);
  const auto& view = the_effect<feed::attached>(effects).view;
  CHECK(view.head.head == at(1, 3));
  CHECK(view.before == position{});
  CHECK(view.last == at(1, 3));
  CHECK(seqs_of(*view.events) == seqs{1, 2, 3});
  // The third arrived after the question was sent: it gets an answer of its own (G3).
  const auto own = asked_head(effects);
  CHECK(the_effect<feed::attached>(f.head(own, at(1, 3))).ticket == feed_ticket{3});
}

TEST_CASE("a first page that fails is asked for again after a delay", "[core][feed][G6]") {
  given_feed f;
  (void)f.attach(1);
  const auto q = asked_newest(f.subscribed());
  CHECK(f.core.newest_answered(q, error{errc::unavailable, ""}, f.now).empty());
  CHECK(f.tick(99ms).empty());
  const auto again = asked_newest(f.tick(1ms));
  CHECK(f.core.newest_answered(q, newest_of({}, {}), f.now).empty());  // late, to the first question
  CHECK(f.core.newest_answered(again, newest_of({event_at(1, 2), event_at(1, 4)}, at(1, 4)), f.now).empty());
  CHECK(count_effects<feed::attached>(f.core.newest_answered(asked_newest(f.tick(100ms)), newest_of({}, {}), f.now)) ==
        1);
}

TEST_CASE("a first page tells where the window begins: at the log's start, the floor, or after its first event",
          "[core][feed]") {
  struct begin {
    event_list events;
    position head, floor, before, last;
  };
  const auto [events, head, floor, before, last] =
      GENERATE(begin{{}, {}, {}, {}, {}}, begin{events_of(1, 1, 3), at(1, 3), {}, {}, at(1, 3)},
               begin{events_of(1, 5, 7), at(1, 7), at(1, 4), at(1, 4), at(1, 7)},
               begin{events_of(1, 5, 7), at(1, 7), at(1, 2), at(1, 5), at(1, 7)},
               begin{{}, at(2, 9), at(2, 9), at(2, 9), at(2, 9)});
  given_feed f;
  (void)f.attach(1);
  const auto effects = f.core.newest_answered(asked_newest(f.subscribed()), newest_of(events, head, floor), f.now);
  const auto& view = the_effect<feed::attached>(effects).view;
  CHECK(view.before == before);
  CHECK(view.last == last);
  CHECK(view.head.floor == floor);
}

TEST_CASE("what arrives before the first page is kept, and what the page has of it is dropped",
          "[core][feed][G3][G6]") {
  given_feed f;
  (void)f.attach(1);
  const auto q = asked_newest(f.subscribed());
  CHECK(f.arrived(at(1, 2), events_of(1, 3, 3)).empty());
  CHECK(f.arrived(at(1, 3), events_of(1, 4, 5)).empty());
  const auto effects = f.core.newest_answered(q, newest_of(events_of(1, 1, 3), at(1, 3)), f.now);
  CHECK(delivered(effects) == seqs{4, 5});
  CHECK(f.core.last() == at(1, 5));
}

TEST_CASE("too much before the first page is dropped, and the tail then is not trusted", "[core][feed][G6][G9]") {
  feed_options options;
  options.ahead_max = 2;
  given_feed f{options};
  (void)f.attach(1);
  const auto q = asked_newest(f.subscribed());
  for (std::uint64_t s = 1; s <= 3; ++s) (void)f.arrived(at(1, s - 1), events_of(1, s, s));
  const auto effects = f.core.newest_answered(q, newest_of({}, {}), f.now);
  CHECK(the_effect<feed::ask_head>(effects).from_storage);
}

// ---- joins of a loaded feed --------------------------------------------------------------------------------------

TEST_CASE("a later join asks the owner for the head and gets the window", "[core][feed][G3]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto effects = f.attach(2);
  CHECK_FALSE(the_effect<feed::ask_head>(effects).from_storage);
  CHECK(count_effects<feed::attached>(effects) == 0);
  const auto answered = f.head(asked_head(effects), at(1, 3), std::nullopt);
  CHECK(the_effect<feed::attached>(answered).ticket == feed_ticket{2});
  CHECK(count_effects<feed::marked>(answered) == 0);
}

TEST_CASE("a join shares only a head that was asked for after it arrived", "[core][feed][G3]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto q = asked_head(f.attach(2));
  CHECK(count_effects<feed::ask_head>(f.attach(3)) == 0);
  CHECK(count_effects<feed::ask_head>(f.attach(4)) == 0);
  const auto effects = f.head(q, at(1, 3));
  CHECK(count_effects<feed::attached>(effects) == 1);
  CHECK(count_effects<feed::attached>(f.head(asked_head(effects), at(1, 3))) == 2);
}

TEST_CASE("a join waits until the feed holds the head that it was promised", "[core][feed][G3]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto waiting = f.head(asked_head(f.attach(2)), at(1, 5));
  CHECK(count_effects<feed::attached>(waiting) == 0);
  CHECK(count_effects<feed::attached>(f.arrived(at(1, 3), events_of(1, 4, 4))) == 0);
  const auto effects = f.arrived(at(1, 4), events_of(1, 5, 5));
  CHECK(the_effect<feed::attached>(effects).view.last == at(1, 5));
}

TEST_CASE("a head that can not be read is asked for again, and the join fails at its deadline", "[core][feed][G7]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto q = asked_head(f.attach(2));
  CHECK(f.core.head_answered(q, error{errc::unavailable, ""}, std::nullopt, f.now).empty());
  CHECK(f.core.head_answered(question{99}, head_at(at(1, 3)), std::nullopt, f.now).empty());
  (void)asked_head(f.tick(100ms));
  const auto effects = f.tick(4900ms);
  CHECK(the_effect<feed::failed>(effects).ticket == feed_ticket{2});
  CHECK(the_effect<feed::failed>(effects).why.code == refusal_code::unavailable);
}

TEST_CASE("an owner's word that got lost is asked for again before the join's deadline", "[core][feed][G3]") {
  given_feed f;
  (void)f.load(1, 3);
  const auto lost = asked_head(f.attach(2));
  CHECK(f.tick(2499ms).empty());
  const auto again = asked_head(f.tick(1ms));
  CHECK(f.head(lost, at(1, 3)).empty());
  CHECK(count_effects<feed::attached>(f.head(again, at(1, 3))) == 1);
}

TEST_CASE("threads open with their first subscriber and close with their last", "[core][feed]") {
  given_feed f;
  (void)f.load(1, 3);
  CHECK(the_effect<feed::open_thread>(f.attach(2, second_thread)).at == at(1, 3));
  CHECK(count_effects<feed::open_thread>(f.attach(3, second_thread)) == 0);
  CHECK(f.core.threads() == std::vector<thread_index>{first_thread, second_thread});
  CHECK(f.core.detach(second_thread).empty());
  CHECK(count_effects<feed::close_thread>(f.core.detach(second_thread)) == 1);
  CHECK(f.core.detach(second_thread).empty());
  CHECK(count_effects<feed::close_thread>(f.core.detach(first_thread)) == 1);
  CHECK_FALSE(f.core.has_subscribers());
}

TEST_CASE("without subscribers the window goes on, and nobody is told", "[core][feed]") {
  given_feed f;
  (void)f.load(1, 3);
  (void)f.core.detach(first_thread);
  CHECK(f.arrived(at(1, 3), events_of(1, 4, 4)).empty());
  CHECK(f.core.last() == at(1, 4));
}

}  // namespace parley::testing
