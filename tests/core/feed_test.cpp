#include "actors/core/feed.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

const thread_index first_thread{0}, second_thread{1};
const auto key = room_named("general") -> key;

history_page newest_of(event_list events, position head, position floor = {}, shard_mark mark = mark_of(1, 5)) {
  return {std::move(events), head_at(head, floor), mark, false, false};
}
range_page range_of(event_list events, std::optional<std::uint64_t> anchor, position head, position floor = {}) {
  return {std::move(events), anchor ? std::optional{term{*anchor}} : std::nullopt, head_at(head, floor), mark_of(1, 6)};
}
room_envelope envelope_of(position before, event_list events) { return {key, before, std::move(events)}; }

/// A feed that is confirmed, and one whose first page (events `from` to `to` of term 1) was read.
struct given_feed {
  explicit given_feed(feed_options options = {}) : core(key, noon, options) {}

  feed::effects attach(std::uint64_t t, thread_index thread = first_thread) {
    return core.attach(feed_ticket{t}, thread, now);
  }
  feed::effects subscribed() { return core.subscribed(now); }
  feed::effects arrived(position before, event_list events) { return core.arrived(envelope_of(before, events), now); }
  feed::effects head(question q, position p, std::optional<shard_mark> mark = mark_of(1, 6), position floor = {}) {
    return core.head_answered(q, head_at(p, floor), mark, now);
  }
  feed::effects tick(milliseconds later = 0ms) { return core.tick(now += later); }
  feed::effects load(std::uint64_t from, std::uint64_t to, position floor = {}) {
    (void)subscribed();
    const auto asked = attach(1);
    const auto* q = find_effect<feed::ask_newest>(asked);
    REQUIRE(q != nullptr);
    return core.newest_answered(q->q, newest_of(events_of(1, from, to), at(1, to), floor), now);
  }

  feed core;
  instant now = noon;
};

question asked_head(const feed::effects& effects) {
  const auto* q = find_effect<feed::ask_head>(effects);
  REQUIRE(q != nullptr);
  return q->q;
}
question asked_range(const feed::effects& effects) {
  const auto* q = find_effect<feed::ask_range>(effects);
  REQUIRE(q != nullptr);
  return q->q;
}
question asked_newest(const feed::effects& effects) {
  const auto* q = find_effect<feed::ask_newest>(effects);
  REQUIRE(q != nullptr);
  return q->q;
}
std::vector<std::uint64_t> delivered(const feed::effects& effects) {
  std::vector<std::uint64_t> all;
  for (const auto& e : effects) {
    if (const auto* d = std::get_if<feed::deliver>(&e)) {
      CHECK(d->before.seq == previous(d->events.front()->seq));
      for (const auto s : seqs_of(d->events)) all.push_back(s);
    }
  }
  return all;
}
using seqs = std::vector<std::uint64_t>;

}  // namespace

// ---- the first join ----------------------------------------------------------------------------------------------

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

// ---- the live path -----------------------------------------------------------------------------------------------

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

// ---- lost tails --------------------------------------------------------------------------------------------------

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

// ---- readers that continue ---------------------------------------------------------------------------------------

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
  CHECK(the_effect<feed::fetched>(f.core.fetch(feed_ticket{8}, seq{5}, 2, f.now)).page.events.empty());
}

TEST_CASE("a reader before or beyond the window is served from storage", "[core][feed][G8]") {
  given_feed f;
  (void)f.load(10, 15);
  const auto after = GENERATE(3u, 16u);
  const auto effects = f.core.fetch(feed_ticket{7}, seq{after}, 20, f.now);
  const auto* ask = find_effect<feed::ask_range>(effects);
  REQUIRE(ask != nullptr);
  CHECK(ask->after == seq{after});
  CHECK(ask->limit == 20);
  CHECK(f.core.needs_tick());
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

}  // namespace parley::testing
