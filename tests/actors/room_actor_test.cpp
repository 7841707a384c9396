#include "actors/room_actor.hpp"

#include "tests/actors/actor_stage.hpp"
#include "tests/core/given_feed.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

/// A room with head {4, 7}, between a listening shard, writer, connection and feed.
struct room_stage : actor_stage {
  void write(std::uint64_t number, const std::string& key = "") {
    tell(room, msg::write{general, draft_of("ana", key), {session_id{1}, 0, number}, connection});
  }
  ticket ticket_of(std::size_t which) { return written->of<msg::enqueue>().at(which).ticket; }
  void committed(std::size_t which, std::uint64_t s) {
    tell(room, msg::room_results{{{ticket_of(which), outcome::committed{event_at(5, s), digest_of(1)}}}});
  }
  std::vector<msg::write_answer>& answers() { return told->of<msg::write_answer>(); }

  std::shared_ptr<heard<msg::write_answer>> told = std::make_shared<heard<msg::write_answer>>();
  std::shared_ptr<heard<msg::open_room, msg::enqueue>> written =
      std::make_shared<heard<msg::open_room, msg::enqueue>>();
  std::shared_ptr<heard<msg::asleep>> shard_told = std::make_shared<heard<msg::asleep>>();
  std::shared_ptr<heard<msg::head_word, msg::envelope>> fed = std::make_shared<heard<msg::head_word, msg::envelope>>();
  caf::actor connection = listen(told);
  caf::actor writer = listen(written);
  caf::actor shard = listen(shard_told);
  caf::actor feed = listen(fed);
  std::shared_ptr<heard<msg::order_broken>> routed = std::make_shared<heard<msg::order_broken>>();
  caf::actor router = listen(routed);
  caf::actor room =
      spawn<room_actor>(context, general, newest_of(events_of(4, 7, 7), at(4, 7)), 3u, shard, writer, router);
};

}  // namespace

TEST_CASE("a commit is answered, told to this node's feed, and published to the shard's endpoint", "[actors][G1]") {
  room_stage s;
  s.tell(s.room, msg::head_question{general, question{1}, s.feed});
  s.write(1);
  CHECK(s.answers().empty());
  CHECK(s.endpoints[0].envelopes.empty());
  s.committed(0, 8);
  REQUIRE(s.answers().size() == 1);
  CHECK(std::get<reply::published>(s.answers()[0].what).at_position == at(5, 8));
  REQUIRE(s.endpoints[0].envelopes.size() == 1);
  CHECK(s.endpoints[0].envelopes[0].before == at(4, 7));
  REQUIRE(s.fed->of<msg::envelope>().size() == 1);
  CHECK(s.fed->of<msg::envelope>()[0].what.events[0]->at_position() == at(5, 8));
}

TEST_CASE("a write that failed is answered, and publishes nothing", "[actors][G4]") {
  room_stage s;
  s.write(1);
  s.tell(s.room, msg::room_results{{{s.ticket_of(0), outcome::unknown{}}}});
  CHECK(std::get<refusal>(s.answers().at(0).what).code == refusal_code::outcome_unknown);
  CHECK(s.endpoints[0].envelopes.empty());
}

TEST_CASE("a commit whose sender was told `unknown` is published all the same, once it is known", "[actors][G2]") {
  room_stage s;
  s.write(1);
  s.tell(s.room, msg::room_results{{{s.ticket_of(0), outcome::unknown{}}}});
  s.committed(0, 8);
  CHECK(s.answers().size() == 1);
  CHECK(s.endpoints[0].envelopes.size() == 1);
}

TEST_CASE("a room tells its writer how many failures it has heard of", "[actors][G2]") {
  room_stage s;
  s.write(1);
  s.tell(s.room, msg::room_results{{{s.ticket_of(0), outcome::unknown{}}}, 2});
  s.tell(s.room, msg::write{general, draft_of("bob"), {session_id{2}, 0, 1}, s.connection});
  CHECK(s.written->of<msg::enqueue>().at(0).heard == 0);
  CHECK(s.written->of<msg::enqueue>().at(1).heard == 2);
}

TEST_CASE("a room that was woken again takes no answer to its former actor's drafts", "[actors][G1]") {
  room_stage s;
  s.write(1);
  CHECK(s.ticket_of(0).value >> 32 == 3);  // the waking
  s.tell(s.room, msg::room_results{{{ticket{(2ull << 32) + 1}, outcome::not_stored{}}}});
  CHECK(s.answers().empty());
}

TEST_CASE("a retired room says that what is on its way may be stored, and ends", "[actors][G1]") {
  room_stage s;
  bool has_ended = false;
  s.room->attach_functor([&] { has_ended = true; });
  s.write(1);
  s.tell(s.room, msg::retire{});
  CHECK(std::get<refusal>(s.answers().at(0).what).code == refusal_code::outcome_unknown);
  CHECK(has_ended);
}

TEST_CASE("a room agrees to sleep only if nothing is on its way and it has seen all that was forwarded",
          "[actors][G1]") {
  room_stage s;
  s.write(1);
  s.tell(s.room, msg::sleep_question{1});
  CHECK(s.shard_told->of<msg::asleep>().empty());
  s.committed(0, 8);
  s.tell(s.room, msg::sleep_question{2});  // the second is still in front of its mailbox
  CHECK(s.shard_told->of<msg::asleep>().empty());
  s.tell(s.room, msg::sleep_question{1});
  REQUIRE(s.shard_told->of<msg::asleep>().size() == 1);
  CHECK(s.shard_told->of<msg::asleep>()[0].forwarded == 1);
}

}  // namespace parley::testing
