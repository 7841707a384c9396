#include "actors/shard_actor.hpp"

#include "actors/core/peer_sessions.hpp"
#include "tests/actors/actor_stage.hpp"
#include "tests/core/given_feed.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

constexpr term our_term{5};

/// Shard 0 with a listening writer and connection.
struct shard_stage : actor_stage {
  void own() { open(our_term); }
  void open(term as, std::uint64_t era = 0) {
    caf::send_as(ownership, shard, msg::shard_opened{shard_id{0}, {as, attempt{10}}, era});
    run();
  }
  msg::write write_of(std::uint64_t number) {
    return {general, draft_of("ana"), {session_id{1}, 0, number}, connection, under};
  }
  void write(std::uint64_t number) { tell(shard, write_of(number)); }
  void load(std::size_t which, result<history_page> page = newest_of({}, {})) {
    logs[0].histories.at(which).answer(std::move(page));
    run();
  }
  std::vector<msg::write_answer>& answers() { return told->of<msg::write_answer>(); }
  refusal refused(std::size_t which) { return std::get<refusal>(answers().at(which).what); }
  std::vector<msg::enqueue>& queued() { return written->of<msg::enqueue>(); }
  std::vector<std::uint64_t> returned() {
    std::vector<std::uint64_t> numbers;
    for (const auto& m : routed->of<msg::write_returned>()) numbers.push_back(m.what.from.number);
    return numbers;
  }
  std::vector<msg::shard_flushed>& flushed() { return routed->of<msg::shard_flushed>(); }

  std::shared_ptr<heard<msg::write_answer, msg::head_word>> told =
      std::make_shared<heard<msg::write_answer, msg::head_word>>();
  std::shared_ptr<heard<msg::open_room, msg::close_room, msg::enqueue>> written =
      std::make_shared<heard<msg::open_room, msg::close_room, msg::enqueue>>();
  using router_messages = heard<msg::write_returned, msg::order_broken, msg::shard_here, msg::shard_flushed>;
  std::shared_ptr<router_messages> routed = std::make_shared<router_messages>();
  term under = our_term;  ///< that the router names
  caf::actor connection = listen(told);
  caf::actor writer = listen(written);
  caf::actor router = listen(routed);
  std::shared_ptr<heard<msg::shard_ready, msg::shard_not_opened>> asked =
      std::make_shared<heard<msg::shard_ready, msg::shard_not_opened>>();
  caf::actor ownership = listen(asked);
  caf::actor shard = spawn<shard_actor>(context, shard_id{0}, writer, router);
};

}  // namespace

TEST_CASE("a write to a shard that is not open under its term goes back to the router, and wakes no room",
          "[actors][G7]") {
  shard_stage s;
  s.write(1);
  CHECK(s.returned() == std::vector<std::uint64_t>{1});
  s.own();
  s.under = term{4};
  s.write(2);
  CHECK(s.returned() == std::vector<std::uint64_t>{1, 2});
  CHECK(s.answers().empty());
  CHECK(s.logs[0].histories.empty());
}

TEST_CASE("a term that a write was given back under is not opened any more: those behind it would pass it",
          "[actors][G2]") {
  shard_stage s;
  s.under = term{6};
  s.write(1);  // its sender saw the claim in the rows before its answer came here
  s.open(term{6});
  CHECK(s.routed->of<msg::shard_here>().empty());
  REQUIRE(s.asked->of<msg::shard_not_opened>().size() == 1);
  s.write(2);
  CHECK(s.returned() == std::vector<std::uint64_t>{1, 2});
  s.open(term{7});
  CHECK(s.routed->of<msg::shard_here>().size() == 1);
}

TEST_CASE("a former term's room cannot end the present one's hand-over", "[actors][G2]") {
  shard_stage s;
  s.own();
  s.write(1);
  s.load(0);
  s.tell(s.shard, msg::hand_over{shard_id{0}, our_term});
  s.tell(s.shard, msg::flushed{term{4}});
  CHECK(s.asked->of<msg::shard_ready>().empty());
}

TEST_CASE("another node's write goes back to the link that it came on", "[actors][G7]") {
  shard_stage s;
  auto links = std::make_shared<heard<msg::write_returned>>();
  auto theirs = s.write_of(1);
  theirs.from.session = session_of_peer(3, session_id{1});
  theirs.connection = s.listen(links);
  s.tell(s.shard, std::move(theirs));
  CHECK(links->of<msg::write_returned>().size() == 1);
  CHECK(s.returned().empty());
  links->of<msg::write_returned>().clear();  // what it heard names the listener itself
}

TEST_CASE("the router hears of a failure before the session does", "[actors][G2]") {
  shard_stage s;
  s.own();
  REQUIRE(s.routed->of<msg::shard_here>().size() == 1);
  s.write(1);
  s.load(0, error{errc::unavailable, "away"});
  REQUIRE(s.routed->of<msg::order_broken>().size() == 1);
  CHECK(s.routed->of<msg::order_broken>()[0].session == session_id{1});
}

TEST_CASE("a hand-over gives back what comes and what waits, ends what is under way, then says that it is ready",
          "[actors][G2][G7]") {
  shard_stage s;
  const auto ready = [&] { return s.asked->of<msg::shard_ready>().size(); };
  const auto hand_over = [&] { s.tell(s.shard, msg::hand_over{shard_id{0}, our_term}); };
  s.own();
  SECTION("at once, where no room is awake") {
    hand_over();
    CHECK(ready() == 1);
  }
  SECTION("a room that is only waking gives its writes back in order") {
    s.write(1);
    s.write(2);
    hand_over();
    CHECK(s.returned() == std::vector<std::uint64_t>{1, 2});
    CHECK(ready() == 1);
    s.load(0);  // the read of the waking that is no more
    CHECK(s.queued().empty());
  }
  SECTION("after the last answer of a room with writes under way") {
    s.write(1);
    s.load(0);
    const auto room = s.written->of<msg::open_room>().at(0).room_actor;
    hand_over();
    CHECK(ready() == 0);
    s.write(2);
    CHECK(s.returned() == std::vector<std::uint64_t>{2});
    s.tell(s.shard, msg::asleep{general->key, 1});  // crossed the flush: the room is still to be heard
    s.tell(room, msg::room_results{{{s.queued()[0].ticket, outcome::committed{event_at(5, 1), {}}}}});
    CHECK(s.answers().size() == 1);
    CHECK(ready() == 1);
  }
  s.tell(s.shard, msg::shard_closed{shard_id{0}, our_term});
  REQUIRE(s.flushed().size() == 1);
  CHECK(s.flushed()[0].term == our_term);
}

TEST_CASE("a shard that is handed over answers for no head: its next owner may have written", "[actors][G3][G7]") {
  shard_stage s;
  s.own();
  s.context->leases[0]->extend(s.clock.now + 10s);
  s.write(1);
  s.load(0, newest_of(events_of(4, 7, 7), at(4, 7)));
  s.tell(s.shard, msg::head_question{general, question{1}, s.connection});
  REQUIRE(s.told->of<msg::head_word>().size() == 1);
  CHECK(s.told->of<msg::head_word>()[0].head);
  s.tell(s.shard, msg::hand_over{shard_id{0}, our_term});
  s.tell(s.shard, msg::head_question{general, question{2}, s.connection});
  REQUIRE(s.told->of<msg::head_word>().size() == 2);
  CHECK_FALSE(s.told->of<msg::head_word>()[1].head);
}

TEST_CASE("a lost shard says that it is flushed after its rooms' last answers, and what they broke", "[actors][G2]") {
  shard_stage s;
  s.own();
  s.write(1);
  s.load(0);
  s.tell(s.shard, msg::shard_closed{shard_id{0}, our_term});
  CHECK(s.refused(0).code == refusal_code::outcome_unknown);
  CHECK(s.routed->of<msg::order_broken>().size() == 1);
  CHECK(s.flushed().size() == 1);
  CHECK(s.probe.slept == s.probe.woken);  // none of its rooms is awake here any more
}

TEST_CASE("the first write wakes its room with one read, and those who come meanwhile keep their order",
          "[actors][G2]") {
  shard_stage s;
  s.own();
  for (std::uint64_t n = 1; n <= 3; ++n) s.write(n);
  REQUIRE(s.logs[0].histories.size() == 1);
  CHECK(s.queued().empty());
  s.load(0, newest_of(events_of(4, 7, 7), at(4, 7)));
  REQUIRE(s.written->of<msg::open_room>().size() == 1);
  CHECK(s.written->of<msg::open_room>()[0].head.head == at(4, 7));
  REQUIRE(s.queued().size() == 3);
  CHECK(s.queued()[0].ticket < s.queued()[1].ticket);
  CHECK(s.queued()[1].ticket < s.queued()[2].ticket);
  CHECK(s.answers().empty());
}

TEST_CASE("a room whose head cannot be read refuses all that waited, and the session's next round asks again",
          "[actors][G7]") {
  shard_stage s;
  s.own();
  s.write(1);
  s.write(2);
  s.load(0, error{errc::unavailable, "away"});
  REQUIRE(s.answers().size() == 2);
  CHECK(s.refused(1).code == refusal_code::unavailable);
  s.write(3);  // sent before the session heard of the failure: it must not overtake the repeat (C16)
  CHECK(s.answers().size() == 3);
  CHECK(s.logs[0].histories.size() == 1);
  auto next_round = s.write_of(4);
  next_round.from.round = 1;
  s.tell(s.shard, std::move(next_round));
  CHECK(s.logs[0].histories.size() == 2);
}

TEST_CASE("what a former term asked for does not wake the room of the present one", "[actors][G7]") {
  shard_stage s;
  s.own();
  s.write(1);
  s.tell(s.shard, msg::shard_closed{shard_id{0}, our_term});
  CHECK(s.returned() == std::vector<std::uint64_t>{1});
  s.open(term{6});
  s.under = term{6};
  s.write(1);
  REQUIRE(s.logs[0].histories.size() == 2);
  s.load(0);
  CHECK(s.queued().empty());
  s.load(1);
  CHECK(s.queued().size() == 1);
}

TEST_CASE("a shard that is lost answers what is on its way to storage as unknown", "[actors][G1]") {
  shard_stage s;
  s.own();
  s.write(1);
  s.load(0);
  REQUIRE(s.queued().size() == 1);
  s.tell(s.shard, msg::shard_closed{shard_id{0}, our_term});
  CHECK(s.refused(0).code == refusal_code::outcome_unknown);
}

TEST_CASE("the end of a former term does not close the present one", "[actors][G7]") {
  shard_stage s;
  s.own();
  s.tell(s.shard, msg::shard_closed{shard_id{0}, term{4}});
  s.write(1);
  CHECK(s.answers().empty());
  CHECK(s.logs[0].histories.size() == 1);
}

TEST_CASE("an idle room goes to sleep, and the next write wakes it again", "[actors][G9]") {
  shard_stage s;
  s.own();
  s.tell(s.shard, s.write_of(1));
  s.load(0);
  SECTION("not while a draft is on its way") {
    for (int second = 0; second < 70; ++second) s.advance(1000ms);
    CHECK(s.probe.slept == 0);
  }
  SECTION("once nothing is") {
    const auto& room = s.written->of<msg::open_room>()[0].room_actor;
    s.tell(room, msg::room_results{{{s.queued()[0].ticket, outcome::committed{event_at(5, 1), {}}}}});
    for (int second = 0; second < 70; ++second) s.advance(1000ms);
    CHECK(s.probe.slept == 1);
    CHECK(s.written->of<msg::close_room>().size() == 1);
    CHECK_FALSE(s.has_timer());  // a shard without awake rooms costs nothing
    s.write(2);
    CHECK(s.logs[0].histories.size() == 2);
  }
}

TEST_CASE("a write that crosses its room's consent to sleep keeps it awake", "[actors][G1]") {
  shard_stage s;
  s.own();
  s.write(1);
  s.load(0);
  s.write(2);
  s.tell(s.shard, msg::asleep{general->key, 1});  // the room had seen only the first
  CHECK(s.probe.slept == 0);
  s.write(3);
  CHECK(s.queued().size() == 3);
  CHECK(s.logs[0].histories.size() == 1);
}

TEST_CASE("the owner answers for a head only while its lease is valid and the room is awake", "[actors][G3][G7]") {
  shard_stage s;
  s.own();
  const auto ask = [&] {
    s.tell(s.shard, msg::head_question{general, question{1}, s.connection});
    return s.told->of<msg::head_word>().back().head;
  };
  s.context->leases[0]->extend(s.clock.now + 1s);
  CHECK_FALSE(ask());  // nobody is woken for a question
  s.write(1);
  s.load(0, newest_of(events_of(4, 7, 7), at(4, 7)));
  CHECK(ask()->head == at(4, 7));
  s.clock.now += 1s;
  CHECK_FALSE(ask());
}

TEST_CASE("a shard of a lease that was broken answers for no head, though the lease stands again", "[actors][G3][G7]") {
  shard_stage s;
  s.own();
  s.write(1);
  s.load(0, newest_of(events_of(4, 7, 7), at(4, 7)));
  auto& lease = *s.context->leases[0];
  const auto ask = [&] {
    s.tell(s.shard, msg::head_question{general, question{1}, s.connection});
    return s.told->of<msg::head_word>().back().head.has_value();
  };
  lease.extend(s.clock.now + 1s);
  CHECK(ask());
  lease.begin_era();  // another node may own the shard; that it is closed here is still under way
  lease.extend(s.clock.now + 1s);
  CHECK_FALSE(ask());
  s.open(term{6}, lease.era());
  s.under = term{6};
  s.write(2);
  s.load(1, newest_of(events_of(4, 7, 7), at(4, 7)));
  CHECK(ask());
}

TEST_CASE("a shard's news travel in beacons; those of another term are none", "[actors][G6]") {
  shard_stage s;
  s.own();
  s.advance(s.context->options.beacon_period);
  REQUIRE_FALSE(s.endpoints[0].beacons.empty());  // a new owner is news
  CHECK(s.endpoints[0].beacons[0].heads.empty());
  s.tell(s.shard, msg::shard_moved{shard_id{0}, {our_term, attempt{11}}, {{general->key, head_at(at(5, 1))}}});
  s.tell(s.shard, msg::shard_moved{shard_id{0}, {term{4}, attempt{99}}, {}});
  s.advance(s.context->options.beacon_period);
  const auto& news = s.endpoints[0].beacons.back();
  CHECK(news.n == attempt{11});
  CHECK(news.heads == std::vector<beacon::entry>{{general->key, head_at(at(5, 1))}});
  for (int i = 0; i < 20; ++i) s.advance(s.context->options.beacon_period);
  CHECK_FALSE(s.has_timer());  // said often enough
  CHECK(s.endpoints[1].beacons.empty());
}

TEST_CASE("a shard that moved is served through its new database's writer, and answers by that one's lease only",
          "[actors][move][G3][G7]") {
  shard_stage s;
  s.own();
  s.context->options.routes.move(shard_id{0}, database_id{1});
  s.context->leases[1]->extend(s.clock.now + 3s);
  s.write(1);
  s.logs[1].histories.at(0).answer(newest_of({}, {}));
  s.run();
  const auto ask = [&] { s.tell(s.shard, msg::head_question{general, question{1}, s.connection}); };
  ask();  // it was opened in the former database, whose lease has ended
  REQUIRE(s.told->of<msg::head_word>().size() == 1);
  CHECK_FALSE(s.told->of<msg::head_word>()[0].head);
  auto there = std::make_shared<heard<msg::open_room, msg::enqueue>>();
  const auto writer = s.listen(there);
  s.under = term{9};
  caf::send_as(s.ownership, s.shard, msg::shard_opened{shard_id{0}, {s.under, attempt{3}}, 0, database_id{1}, writer});
  s.run();
  s.write(2);
  s.logs[1].histories.at(1).answer(newest_of({}, {}));
  s.run();
  CHECK(there->of<msg::enqueue>().size() == 1);
  ask();
  REQUIRE(s.told->of<msg::head_word>().size() == 2);
  CHECK(s.told->of<msg::head_word>()[1].head);
}

}  // namespace parley::testing
