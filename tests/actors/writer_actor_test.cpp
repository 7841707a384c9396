#include "actors/writer_actor.hpp"

#include "tests/actors/actor_stage.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

/// A writer of database 0 that owns shard 0, with one open room.
struct writer_stage : actor_stage {
  explicit writer_stage(shard_writer_options options = {}) {
    context->options.writer = options;
    writer = spawn<writer_actor>(context, database_id{0});
    caf::send_as(ownership, writer, msg::open_shard{shard_id{0}, {term{5}, attempt{10}}, shard});
    run();
    tell(writer, msg::open_room{general, head_at(at(4, 7)), today, room});
  }
  void enqueue(std::uint64_t t) { tell(writer, msg::enqueue{general->key, ticket{t}, draft_of("ana"), 0}); }
  void answer(std::size_t which, result<append_outcome> outcome) {
    logs[0].appends.at(which).answer(std::move(outcome));
    run();
  }
  void committed(std::size_t which) { answer(which, append_outcome{{shard_verdict::committed}, {}}); }
  std::vector<msg::room_results>& results() { return room_told->of<msg::room_results>(); }

  std::shared_ptr<heard<msg::room_results>> room_told = std::make_shared<heard<msg::room_results>>();
  std::shared_ptr<heard<msg::shard_moved>> shard_told = std::make_shared<heard<msg::shard_moved>>();
  std::shared_ptr<heard<msg::shard_fenced>> owner_told = std::make_shared<heard<msg::shard_fenced>>();
  caf::actor room = listen(room_told);
  caf::actor shard = listen(shard_told);
  caf::actor ownership = listen(owner_told);
  caf::actor writer;
};

}  // namespace

TEST_CASE("a commit is told to its room, and its mark to its shard", "[actors][G1]") {
  writer_stage s;
  s.enqueue(1);
  REQUIRE(s.logs[0].appends.size() == 1);
  CHECK(s.logs[1].appends.empty());
  CHECK(s.results().empty());
  s.committed(0);
  REQUIRE(s.results().size() == 1);
  CHECK(std::holds_alternative<outcome::committed>(s.results()[0].outcomes.at(0).how));
  REQUIRE(s.shard_told->of<msg::shard_moved>().size() == 1);
  CHECK(s.shard_told->of<msg::shard_moved>()[0].mark == mark_of(5, 11));
  CHECK(s.owner_told->of<msg::shard_fenced>().empty());
}

TEST_CASE("the timer runs only while something waits", "[actors]") {
  writer_stage s;
  CHECK_FALSE(s.has_timer());
  s.enqueue(1);
  CHECK(s.has_timer());
  s.committed(0);
  s.advance(100ms);
  CHECK_FALSE(s.has_timer());
}

TEST_CASE("a writer that gathers again and again has one timer of each kind", "[actors][G9]") {
  shard_writer_options options;
  options.gather_from = 2;
  options.gather_events = 4;
  options.gather_time = 2ms;
  writer_stage s{options};
  s.enqueue(1);
  s.enqueue(2);
  s.enqueue(3);
  for (std::size_t batch = 0; batch < 20; ++batch) {
    s.committed(batch);
    s.enqueue(10 * batch + 4);
    s.enqueue(10 * batch + 5);
    CHECK(s.timers() <= 2);
    s.advance(2ms);  // what was gathered leaves
    REQUIRE(s.logs[0].appends.size() == batch + 2);
  }
}

TEST_CASE("an answer to a former batch is no answer to the present one", "[actors][G1]") {
  writer_stage s;
  s.enqueue(1);
  s.tell(s.writer, msg::appended{7, append_outcome{{shard_verdict::committed}, {}}});
  CHECK(s.results().empty());
  s.committed(0);
  CHECK(s.results().size() == 1);
}

TEST_CASE("an unknown outcome is recovered before anything else is sent", "[actors][G1]") {
  writer_stage s;
  s.enqueue(1);
  s.enqueue(2);
  s.answer(0, error{errc::outcome_unknown, "the link broke"});
  REQUIRE(s.logs[0].recoveries.size() == 1);
  CHECK(s.logs[0].appends.size() == 1);
  s.tell(s.writer, msg::appended{1, append_outcome{{shard_verdict::committed}, {}}});  // too late: its batch is over
  CHECK(s.results().empty());
  s.logs[0].recoveries[0].answer(recovered{{{shard_id{0}, true, attempt{11}}}, {head_at(at(5, 8))}});
  s.run();
  CHECK(s.results().size() == 1);
  CHECK(s.logs[0].appends.size() == 2);
}

TEST_CASE("a deadline is met although the database says nothing: what was sent is unknown, the rest was not stored",
          "[actors][G1]") {
  writer_stage s;
  s.enqueue(1);
  s.enqueue(2);
  for (int i = 0; i < 51; ++i) s.advance(100ms);
  REQUIRE(s.results().size() == 2);
  for (const auto& told : s.results()) {
    REQUIRE(told.outcomes.size() == 1);
    const auto& [which, how] = told.outcomes[0];
    CHECK((which == ticket{1} ? std::holds_alternative<outcome::unknown>(how)
                              : std::holds_alternative<outcome::not_stored>(how)));
  }
}

TEST_CASE("the writer itself publishes what was stored after its room fell asleep", "[actors][G4]") {
  writer_stage s;
  s.enqueue(1);
  for (int i = 0; i < 51; ++i) s.advance(100ms);
  s.tell(s.writer, msg::close_room{general->key});
  s.committed(0);
  REQUIRE(s.endpoints[0].envelopes.size() == 1);
  CHECK(s.endpoints[0].envelopes[0].before == at(4, 7));
  CHECK(s.endpoints[0].envelopes[0].events.at(0)->at_position() == at(5, 8));
}

TEST_CASE("a writer that was fenced tells the ownership that opened the shard, and no longer knows its rooms",
          "[actors][G7]") {
  writer_stage s;
  s.enqueue(1);
  s.answer(0, append_outcome{{shard_verdict::not_owner}, {}});
  REQUIRE(s.owner_told->of<msg::shard_fenced>().size() == 1);
  CHECK(s.owner_told->of<msg::shard_fenced>()[0].term == term{5});
  const auto told = s.results().size();
  s.enqueue(2);
  CHECK(s.logs[0].appends.size() == 1);
  CHECK(s.results().size() == told);  // the room's actor is retired by its shard: nobody is left to tell
}

TEST_CASE("a stop waits for the batch under way and for what waits behind it", "[actors][G1]") {
  writer_stage s;
  bool is_flushed = false;
  const auto flushed = std::make_shared<std::function<void()>>([&] { is_flushed = true; });
  SECTION("nothing is under way") {
    s.tell(s.writer, msg::release{flushed});
    CHECK(is_flushed);
  }
  SECTION("a batch is, and a draft waits") {
    s.enqueue(1);
    s.enqueue(2);
    s.tell(s.writer, msg::release{flushed});
    s.committed(0);
    CHECK_FALSE(is_flushed);
    s.committed(1);
    CHECK(is_flushed);
  }
}

}  // namespace parley::testing
