#include "actors/feeds_actor.hpp"

#include "tests/actors/actor_stage.hpp"
#include "tests/core/given_feed.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

/// The feeds actor with its real feeds, between scripted ports and a listening router and connection.
struct feeds_stage : actor_stage {
  void attach(const room_ref& room) { tell(feeds, msg::attach{room, generation{1}, first_thread, connection}); }
  void load(const room_ref& room, std::uint64_t last = 5) {
    auto& asked = logs[room->shard.value].histories;
    const auto before = asked.size();
    attach(room);
    confirm(room, room->shard.value);
    REQUIRE(asked.size() == before + 1);
    asked.back().answer(newest_of(events_of(1, 1, last), at(1, last)));  // mark {1, 5}
    run();
  }
  void confirm(const room_ref& room, std::size_t endpoint) { tell(feeds, msg::room_subscribed{room->key, endpoint}); }
  caf::actor feed_of(std::size_t which) { return told->of<msg::feed_attached>().at(which).feed; }
  /// Time for one poll, whatever its jitter.
  void poll() { advance(1100ms); }
  void polled(std::size_t which, shard_mark mark) {
    logs[0].polls.at(which).answer(std::vector<shard_mark>{mark});
    run();
  }

  std::shared_ptr<heard<msg::feed_attached, msg::feed_failed>> told =
      std::make_shared<heard<msg::feed_attached, msg::feed_failed>>();
  std::shared_ptr<heard<msg::head_question>> routed = std::make_shared<heard<msg::head_question>>();
  caf::actor connection = listen(told);
  caf::actor router = listen(routed);
  caf::actor feeds = spawn<feeds_actor>(context, router);
};

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("a room's first join opens its feed and subscribes; its shard's beacons are asked for once", "[actors][G6]") {
  feeds_stage s;
  for (const auto& room : {general, general, random_room, elsewhere}) s.attach(room);
  CHECK(s.probe.feeds == 3);
  CHECK(s.endpoints[0].rooms == words{"+general", "+random"});
  CHECK(s.endpoints[0].shards == words{"+0"});
  CHECK(s.endpoints[1].rooms == words{"+elsewhere"});
}

TEST_CASE("a feed without readers lingers, then ends; the shard's last one ends the beacons", "[actors][G9]") {
  feeds_stage s;
  s.load(general);
  s.tell(s.feed_of(0), msg::detach{first_thread});
  s.poll();
  CHECK(s.probe.feeds == 1);
  s.advance(s.context->options.feed_linger);
  s.poll();
  CHECK(s.probe.feeds == 0);
  CHECK(s.endpoints[0].rooms == words{"+general", "-general"});
  CHECK(s.endpoints[0].shards == words{"+0", "-0"});
  s.load(general);  // a later join finds none, and opens another
  CHECK(s.probe.feeds == 1);
}

TEST_CASE("a join that still waits keeps its feed open, however long", "[actors][G3]") {
  feeds_stage s;
  s.load(general);
  s.attach(general);  // no word about the head yet
  s.tell(s.feed_of(0), msg::detach{first_thread});
  s.advance(2 * s.context->options.feed_linger);
  s.poll();
  CHECK(s.probe.feeds == 1);
}

TEST_CASE("a join that crosses the feed's word of being idle keeps it open", "[actors][G3]") {
  feeds_stage s;
  s.load(general);
  s.attach(general);
  s.tell(s.feeds, msg::feed_idle{general->key, 1});  // said when it had seen only the first join
  s.advance(2 * s.context->options.feed_linger);
  s.poll();
  CHECK(s.probe.feeds == 1);
}

TEST_CASE("a lost link is told to the feeds of that endpoint only", "[actors][G6]") {
  feeds_stage s;
  s.attach(general);
  s.attach(elsewhere);
  s.tell(s.feeds, msg::link_lost{1});
  CHECK(s.logs[0].histories.empty());  // it waits for its subscription
  CHECK(s.logs[1].histories.size() == 1);
}

TEST_CASE("lost shards are told to their feeds only", "[actors][G6]") {
  feeds_stage s;
  s.attach(general);
  s.attach(elsewhere);
  s.tell(s.feeds, msg::shards_lost{1, {shard_id{0}}});
  s.tell(s.feeds, msg::shards_lost{0, {shard_id{1}}});
  CHECK(s.logs[0].histories.empty());  // each still waits for its subscription
  CHECK(s.logs[1].histories.empty());
  s.tell(s.feeds, msg::shards_lost{1, {shard_id{1}, shard_id{0}}});
  CHECK(s.logs[0].histories.empty());
  CHECK(s.logs[1].histories.size() == 1);
}

TEST_CASE("the marks of the shards with feeds are polled once a period, in one question per database", "[actors][G6]") {
  feeds_stage s;
  s.poll();
  CHECK(s.logs[0].polls.empty());  // nothing to watch
  s.load(general);
  s.load(random_room);
  s.poll();
  REQUIRE(s.logs[0].polls.size() == 1);
  CHECK(s.logs[0].polls[0].what == std::vector<shard_id>{shard_id{0}});
  CHECK(s.logs[1].polls.empty());
  s.poll();
  CHECK(s.logs[0].polls.size() == 2);
}

TEST_CASE("a mark that moved has the feeds' heads read, and a feed that lags reads on", "[actors][G6]") {
  feeds_stage s;
  s.load(general);
  s.poll();
  s.polled(0, mark_of(1, 6));
  REQUIRE(s.logs[0].head_reads.size() == 1);
  CHECK(s.logs[0].head_reads[0].what == std::vector<room_ref>{general});
  s.logs[0].head_reads[0].answer(std::vector<marked_head>{{head_at(at(1, 6)), mark_of(1, 6)}});
  s.run();
  for (int i = 0; i < 3; ++i) s.advance(10ms);  // the hole's grace
  REQUIRE(s.logs[0].ranges.size() == 1);
  CHECK(s.logs[0].ranges[0].what.after == seq{5});
}

TEST_CASE("a poll or a read of heads that failed changes nothing: the next poll asks again", "[actors][G6]") {
  feeds_stage s;
  s.load(general);
  s.poll();
  s.logs[0].polls.at(0).answer(error{errc::unavailable, "away"});
  s.run();
  CHECK(s.logs[0].head_reads.empty());
  s.poll();
  s.polled(1, mark_of(1, 6));
  s.logs[0].head_reads.at(0).answer(error{errc::unavailable, "away"});
  s.run();
  s.poll();
  s.polled(2, mark_of(1, 6));
  CHECK(s.logs[0].head_reads.size() == 2);
}

TEST_CASE("a beacon that explains the mark spares the read", "[actors][G6]") {
  feeds_stage s;
  s.load(general);
  s.tell(s.feeds, msg::beacon_heard{{shard_id{0}, term{1}, 1, attempt{5}, attempt{6}, {}}});
  s.poll();
  s.polled(0, mark_of(1, 6));
  CHECK(s.logs[0].head_reads.empty());
}

TEST_CASE("polls that prove a quiet room's head have it said once a period; unanswered ones never", "[actors][G3]") {
  feeds_stage s;
  s.load(general);
  s.front.told.clear();
  std::size_t answered = 0;
  const auto heads_in = [&](seconds time, bool is_answered) {
    const auto before = s.front.told.size();
    for (auto end = s.clock.now + time; s.clock.now < end;) {
      s.poll();
      if (is_answered && answered < s.logs[0].polls.size()) s.polled(answered, mark_of(1, 5));
      ++answered;
    }
    return s.front.told.size() - before;
  };
  CHECK(heads_in(200s, false) == 0);
  const auto said = heads_in(200s, true);
  CHECK(said >= 4);
  CHECK(said <= 7);
  CHECK(s.front.told.front() == "head 5 of 0");
}

TEST_CASE("the feeds' end is the end of every feed", "[actors]") {
  feeds_stage s;
  s.load(general);
  bool has_ended = false;
  s.feed_of(0)->attach_functor([&] { has_ended = true; });
  auto feeds = s.feeds;
  stop_now(feeds);
  s.run();
  CHECK(has_ended);
}

}  // namespace parley::testing
