// A shard's copies go over to another endpoint while its rooms are read.
#include "actors/feeds_actor.hpp"

#include "tests/actors/actor_stage.hpp"
#include "tests/core/given_feed.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

using words = std::vector<std::string>;

/// The feeds actor with its real feeds and three endpoints. Shard 0 begins at the first.
struct endpoints_stage : actor_stage {
  endpoints_stage() { context->endpoints.push_back(&third); }

  void attach(const room_ref& room) { tell(feeds, msg::attach{room, generation{1}, first_thread, connection}); }
  void confirm(const room_ref& room, std::size_t endpoint) { tell(feeds, msg::room_subscribed{room->key, endpoint}); }
  void load(const room_ref& room, std::size_t endpoint = 0) {
    attach(room);
    confirm(room, endpoint);
    REQUIRE(logs[0].histories.size() == 1);
    logs[0].histories[0].answer(newest_of(events_of(1, 1, 5), at(1, 5)));
    run();
    front.told.clear();
  }
  void move(std::size_t from, std::size_t to) { tell(feeds, msg::endpoints_moved{{{shard_id{0}, from, to}}}); }
  /// A copy, over whichever endpoint.
  void hear(std::uint64_t s) {
    tell(feeds, msg::envelope{{general->key, s == 1 ? position{} : at(1, s - 1), events_of(1, s, s)}});
  }
  void end_overlap() {
    advance(context->options.endpoint_overlap);
    advance(1100ms);  // the next poll, whatever its jitter
  }

  recording_fan_out third;
  std::shared_ptr<heard<msg::feed_attached, msg::feed_failed>> told =
      std::make_shared<heard<msg::feed_attached, msg::feed_failed>>();
  std::shared_ptr<heard<msg::head_question>> routed = std::make_shared<heard<msg::head_question>>();
  caf::actor connection = listen(told);
  caf::actor router = listen(routed);
  caf::actor feeds = spawn<feeds_actor>(context, router);
};

}  // namespace

TEST_CASE("feeds listen at both endpoints for a while, and miss nothing at either", "[actors][endpoints][G6]") {
  endpoints_stage s;
  s.load(general);
  s.attach(elsewhere);
  s.move(0, 2);
  CHECK(s.third.rooms == words{"+general"});
  CHECK(s.third.shards == words{"+0"});
  CHECK(s.endpoints[0].rooms == words{"+general"});
  CHECK(s.endpoints[0].shards == words{"+0"});
  CHECK(s.endpoints[1].rooms == words{"+elsewhere"});
  s.hear(6);  // at the former one: its owner has not heard of it
  s.hear(7);  // at both
  s.hear(7);
  s.hear(8);  // at the new one
  CHECK(s.front.told == words{"deliver 6 of 0", "deliver 7 of 0", "deliver 8 of 0"});
  s.end_overlap();
  CHECK(s.endpoints[0].rooms == words{"+general", "-general"});
  CHECK(s.endpoints[0].shards == words{"+0", "-0"});
  CHECK(s.third.rooms == words{"+general"});
  CHECK(s.third.shards == words{"+0"});
  s.end_overlap();
  CHECK(s.endpoints[0].rooms.size() == 2);  // once
}

TEST_CASE("what was missed in between is asked for when the new endpoint confirms, not when the former one does",
          "[actors][endpoints][G6]") {
  endpoints_stage s;
  s.load(general);
  s.move(0, 2);
  s.confirm(general, 0);  // repeated by a link that came back
  CHECK(s.logs[0].head_reads.empty());
  s.confirm(general, 2);
  REQUIRE(s.logs[0].head_reads.size() == 1);
  s.logs[0].head_reads[0].answer(std::vector<marked_head>{{head_at(at(1, 7)), mark_of(1, 7)}});
  s.run();
  for (int i = 0; i < 3; ++i) s.advance(10ms);  // the hole's grace
  REQUIRE(s.logs[0].ranges.size() == 1);
  CHECK(s.logs[0].ranges[0].what.after == seq{5});
}

TEST_CASE("a join that waits for its subscription is not opened by the former endpoint's word",
          "[actors][endpoints][G3]") {
  endpoints_stage s;
  s.attach(general);
  s.move(0, 2);
  s.confirm(general, 0);
  CHECK(s.logs[0].histories.empty());
  s.confirm(general, 2);
  CHECK(s.logs[0].histories.size() == 1);
}

TEST_CASE("a feed that opens or ends while both endpoints are used does so at both", "[actors][endpoints][G6][G9]") {
  endpoints_stage s;
  s.context->options.endpoint_overlap = 2 * s.context->options.feed_linger;
  s.move(0, 2);
  s.load(general, 2);
  s.attach(random_room);
  CHECK(s.endpoints[0].rooms == words{"+general", "+random"});
  CHECK(s.third.rooms == words{"+general", "+random"});
  CHECK(s.endpoints[0].shards == words{"+0"});
  CHECK(s.third.shards == words{"+0"});
  s.tell(s.told->of<msg::feed_attached>().at(0).feed, msg::detach{first_thread});
  s.advance(1100ms);
  s.advance(s.context->options.feed_linger);
  s.advance(1100ms);
  CHECK(s.endpoints[0].rooms == words{"+general", "+random", "-general"});
  CHECK(s.third.rooms == words{"+general", "+random", "-general"});
}

TEST_CASE("a shard that goes back within the overlap keeps its first subscription", "[actors][endpoints][G6]") {
  endpoints_stage s;
  s.load(general);
  s.move(0, 2);
  s.move(2, 0);
  CHECK(s.endpoints[0].rooms == words{"+general", "+general"});  // again, to be confirmed again
  CHECK(s.third.rooms == words{"+general"});
  s.confirm(general, 2);
  CHECK(s.logs[0].head_reads.empty());
  s.confirm(general, 0);
  CHECK(s.logs[0].head_reads.size() == 1);
  s.end_overlap();
  CHECK(s.endpoints[0].rooms == words{"+general", "+general"});
  CHECK(s.third.rooms == words{"+general", "-general"});
}

TEST_CASE("a shard that goes on to a third endpoint leaves the first at once", "[actors][endpoints][G9]") {
  endpoints_stage s;
  s.load(general);
  s.move(0, 1);
  s.move(1, 2);
  CHECK(s.endpoints[0].rooms == words{"+general", "-general"});
  CHECK(s.endpoints[1].rooms == words{"+general"});
  CHECK(s.third.rooms == words{"+general"});
  s.end_overlap();
  CHECK(s.endpoints[1].rooms == words{"+general", "-general"});
  CHECK(s.endpoints[1].shards == words{"+0", "-0"});
  CHECK(s.third.rooms == words{"+general"});
}

TEST_CASE("a lost link counts for a shard only at its present endpoint", "[actors][endpoints][G6]") {
  endpoints_stage s;
  s.attach(general);
  s.move(0, 2);
  s.tell(s.feeds, msg::link_lost{0});
  s.tell(s.feeds, msg::shards_lost{0, {shard_id{0}}});
  CHECK(s.logs[0].histories.empty());  // it waits for its subscription
  s.tell(s.feeds, msg::link_lost{2});
  CHECK(s.logs[0].histories.size() == 1);
}

}  // namespace parley::testing
