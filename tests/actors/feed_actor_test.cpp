#include "actors/feed_actor.hpp"

#include "tests/actors/actor_stage.hpp"
#include "tests/core/given_feed.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

/// A feed of shard 0 between listeners in the place of the feeds actor, the router and a connection.
struct feed_stage : actor_stage {
  void attach(std::uint32_t gen = 1) { tell(feed, msg::attach{general, generation{gen}, first_thread, connection}); }
  /// Its subscription is confirmed and its window read: events 1 to 5.
  void load() {
    tell(feed, msg::room_subscribed{general->key});
    attach();
    logs[0].histories.at(0).answer(newest_of(events_of(1, 1, 5), at(1, 5)));
    run();
  }
  std::vector<msg::feed_attached>& attached() { return told->of<msg::feed_attached>(); }
  std::vector<msg::feed_failed>& failed() { return told->of<msg::feed_failed>(); }

  std::shared_ptr<heard<msg::feed_attached, msg::feed_failed, msg::feed_fetched>> told =
      std::make_shared<heard<msg::feed_attached, msg::feed_failed, msg::feed_fetched>>();
  std::shared_ptr<heard<msg::feed_idle, msg::wants_tick, msg::feed_marked>> feeds_told =
      std::make_shared<heard<msg::feed_idle, msg::wants_tick, msg::feed_marked>>();
  std::shared_ptr<heard<msg::head_question>> routed = std::make_shared<heard<msg::head_question>>();
  caf::actor connection = listen(told);
  caf::actor feeds = listen(feeds_told);
  caf::actor router = listen(routed);
  caf::actor feed = spawn<feed_actor>(context, general, feeds, router);
};

}  // namespace

TEST_CASE("a first join reads the newest events once the subscription is confirmed, not before", "[actors][G3]") {
  feed_stage s;
  s.attach();
  CHECK(s.logs[0].histories.empty());
  s.tell(s.feed, msg::room_subscribed{general->key});
  REQUIRE(s.logs[0].histories.size() == 1);
  CHECK(s.attached().empty());
  s.logs[0].histories[0].answer(newest_of(events_of(1, 1, 5), at(1, 5)));
  s.run();
  REQUIRE(s.attached().size() == 1);
  CHECK(s.attached()[0].view.last == at(1, 5));
  CHECK(s.attached()[0].feed == s.feed);
  CHECK(s.front.told == std::vector<std::string>{"open 5 of 0"});
  CHECK(s.feeds_told->of<msg::feed_marked>().at(0).mark == mark_of(1, 5));
}

TEST_CASE("a later join asks the owner for the head, and storage where the owner has no word", "[actors][G3]") {
  feed_stage s;
  s.load();
  s.attach(2);
  REQUIRE(s.routed->of<msg::head_question>().size() == 1);
  const auto q = s.routed->of<msg::head_question>()[0].q;
  SECTION("the owner answers") { s.tell(s.feed, msg::head_word{q, head_at(at(1, 5))}); }
  SECTION("it is not sure") {
    s.tell(s.feed, msg::head_word{q, std::nullopt});
    REQUIRE(s.logs[0].head_reads.size() == 1);
    CHECK(s.attached().size() == 1);
    s.logs[0].head_reads[0].answer(std::vector<marked_head>{{head_at(at(1, 5)), mark_of(1, 6)}});
    s.run();
  }
  REQUIRE(s.attached().size() == 2);
  CHECK(s.attached()[1].generation == generation{2});
}

TEST_CASE("a head that storage refuses to tell is asked again, and the join waits", "[actors][G3]") {
  feed_stage s;
  s.load();
  s.attach(2);
  s.tell(s.feed, msg::head_word{s.routed->of<msg::head_question>()[0].q, std::nullopt});
  s.logs[0].head_reads.at(0).answer(error{errc::unavailable, "away"});
  s.run();
  CHECK(s.failed().empty());
  s.clock.now += 200ms;
  s.tell(s.feed, msg::tick{});
  CHECK(s.routed->of<msg::head_question>().size() == 2);
}

TEST_CASE("a join that nobody can answer fails in time, by name of what failed", "[actors]") {
  feed_stage s;
  s.attach();
  s.clock.now += 5s;
  s.tell(s.feed, msg::tick{});
  REQUIRE(s.failed().size() == 1);
  CHECK(s.failed()[0].is_attach);
  CHECK(s.failed()[0].why.code == refusal_code::unavailable);
  CHECK(s.failed()[0].feed == s.feed);
  s.tell(s.feed, msg::fetch{generation{1}, seq{0}, 10, {}, s.connection});
  s.clock.now += 5s;
  s.tell(s.feed, msg::tick{});
  REQUIRE(s.failed().size() == 2);
  CHECK_FALSE(s.failed()[1].is_attach);  // it counted no reader: nothing is to be given back
}

TEST_CASE("a feed asks for ticks once, as long as it wants one", "[actors][G9]") {
  feed_stage s;
  s.attach();
  s.attach(2);
  CHECK(s.feeds_told->of<msg::wants_tick>().size() == 1);
  s.tell(s.feed, msg::tick{});
  CHECK(s.feeds_told->of<msg::wants_tick>().size() == 2);
}

TEST_CASE("the last reader's end is told with the number of joins that the feed has seen", "[actors][G9]") {
  feed_stage s;
  s.load();
  s.attach(2);
  s.tell(s.feed, msg::detach{first_thread});
  CHECK(s.feeds_told->of<msg::feed_idle>().empty());
  s.tell(s.feed, msg::detach{first_thread});
  REQUIRE(s.feeds_told->of<msg::feed_idle>().size() == 1);
  CHECK(s.feeds_told->of<msg::feed_idle>()[0].attaches == 2);
  CHECK(s.front.told.back() == "close 0 of 0");
}

TEST_CASE("an event reaches the front once, whoever brings it first", "[actors][G3][G6]") {
  feed_stage s;
  s.load();
  s.front.told.clear();
  for (int i = 0; i < 2; ++i) s.tell(s.feed, msg::envelope{envelope_of(at(1, 5), events_of(1, 6, 6))});
  CHECK(s.front.told == std::vector<std::string>{"deliver 6 of 0"});
}

TEST_CASE("a head that was proven twice at one place is said to the front", "[actors]") {
  feed_stage s;
  s.load();
  s.front.told.clear();
  s.tell(s.feed, msg::head_proven{});
  CHECK(s.front.told.empty());
  s.tell(s.feed, msg::head_proven{});
  CHECK(s.front.told == std::vector<std::string>{"head 5 of 0"});
}

}  // namespace parley::testing
