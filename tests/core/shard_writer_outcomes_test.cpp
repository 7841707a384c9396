#include "tests/core/given_writer.hpp"

namespace parley::testing {

TEST_CASE("a lost fence fails its own shard's drafts and steps down; a neighbour is committed",
          "[core][shard_writer][G7]") {
  const auto verdict = GENERATE(shard_verdict::not_owner, shard_verdict::stale);
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  (void)w.enqueue(other, 3);
  (void)w.committed();
  (void)w.enqueue(general, 4);
  const auto effects = w.appended(append_outcome{{verdict, shard_verdict::committed}, {}});
  CHECK(words_of(effects) == "2n 4n 3c");
  const auto* down = find_effect<shard_writer::step_down>(effects);
  REQUIRE(down != nullptr);
  CHECK(down->shard == shard_id{0});
  CHECK(down->term == term{5});
  CHECK(words_of(w.enqueue(general, 5)) == "5n");
  CHECK(batch_of(w.enqueue(other, 6)).shards.size() == 1);
}

TEST_CASE("not_owner for a whole batch loses each of its shards", "[core][shard_writer][G7]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  const auto effects = w.failed(errc::not_owner);
  CHECK(words_of(effects) == "1n");
  CHECK(count_effects<shard_writer::step_down>(effects) == 1);
}

TEST_CASE("a locked shard waits and is tried again later, with a new attempt id; others go on",
          "[core][shard_writer]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  CHECK(w.appended(append_outcome{{shard_verdict::locked}, {}}).empty());
  CHECK(batch_of(w.enqueue(other, 2)).shards.at(0).fence.shard == shard_id{1});
  (void)w.committed();
  CHECK(w.tick(19ms).empty());
  const auto effects = w.tick(1ms);
  const auto& part = batch_of(effects).shards.at(0);
  CHECK(part.fence.before == attempt{10});
  CHECK(part.fence.own == attempt{12});
  CHECK(part.rooms[0].events[0]->at_position() == at(5, 42));
  (void)w.appended(append_outcome{{shard_verdict::locked}, {}});
  CHECK(w.tick(39ms).empty());
  CHECK_FALSE(w.tick(1ms).empty());
}

TEST_CASE("a stored key is answered and the batch is built again without it, leaving no hole",
          "[core][shard_writer][G2][G5]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2, "a");
  (void)w.enqueue(general, 3, "b");
  (void)w.enqueue(general, 4);
  (void)w.committed();
  const auto effects = w.appended(append_outcome{{}, {{general->key, "ana", "a", at(3, 17), today, digest_of(1)}}});
  CHECK(words_of(effects) == "2d");
  const auto& how = std::get<shard_writer::room_results>(effects[0]).outcomes[0].how;
  CHECK(std::get<outcome::duplicate>(how).first == at(3, 17));
  const auto& part = batch_of(effects).shards[0];
  CHECK(seqs_of(part.rooms[0].events) == std::vector<std::uint64_t>{43, 44});
  CHECK(part.fence.before == attempt{11});
  CHECK(part.fence.own == attempt{13});
  CHECK(words_of(w.committed()) == "3c 4c");
}

TEST_CASE("a store that names keys which the batch does not have is not asked in a circle", "[core][shard_writer]") {
  given_writer w;
  (void)w.enqueue(general, 1, "a");
  const auto strange = GENERATE(as<std::string>{}, "x", "");
  CHECK(w.appended(append_outcome{{}, {{general->key, "ana", strange, at(3, 17), today, {}}}}).empty());
  CHECK(w.tick(19ms).empty());
  CHECK_FALSE(w.tick(1ms).empty());
}

TEST_CASE("a batch that storage did not get is sent again later, in order, until the deadline",
          "[core][shard_writer][G1]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  CHECK(w.failed(errc::unavailable).empty());
  CHECK(w.enqueue(general, 3).empty());
  const auto again = w.tick(20ms);
  CHECK(seqs_of(batch_of(again).shards[0].rooms[0].events) == std::vector<std::uint64_t>{42, 43, 44});
  CHECK(w.failed(errc::unavailable).empty());
  CHECK(w.tick(39ms).empty());
  CHECK_FALSE(w.tick(1ms).empty());  // the delay doubles
  (void)w.failed(errc::unavailable);
  CHECK(words_of(w.tick(5s)) == "1n 2n 3n");  // never sent with success: nothing was stored
  CHECK(w.core.is_idle());
}

TEST_CASE("a draft that waits too long fails with all that is behind it in its room", "[core][shard_writer]") {
  given_writer w;
  (void)w.enqueue(other, 1);
  (void)w.enqueue(general, 2);
  w.now += 4s;
  (void)w.enqueue(general, 3);
  (void)w.enqueue(random_room, 4);
  CHECK(words_of(w.tick(999ms)).empty());
  CHECK(words_of(w.tick(1ms)) == "2n 3n 1u");
  CHECK(w.core.queued() == 1);
}

TEST_CASE("a batch that is under way at its deadline is unknown, and what it becomes later moves the head",
          "[core][shard_writer][G1][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  CHECK(words_of(w.tick(5s)) == "2n 1u");
  CHECK(words_of(w.tick(1s)).empty());
  CHECK(words_of(w.committed()) == "1c");
  CHECK(batch_of(w.enqueue(general, 3, "", 2)).shards[0].rooms[0].before == at(5, 42));
}

TEST_CASE("what is stored after its room fell asleep is published all the same", "[core][shard_writer][G4]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  CHECK(words_of(w.tick(5s)) == "1u");  // its asker was answered: nothing keeps the room awake
  w.core.close_room(general->key);
  SECTION("nobody opened it since") {
    const auto effects = w.committed();
    const auto* late = find_effect<shard_writer::late_events>(effects);
    REQUIRE(late != nullptr);
    CHECK(late->room == general);
    CHECK(late->before == at(4, 41));
    REQUIRE(late->events.size() == 1);
    CHECK(late->events[0]->at_position() == at(5, 42));
  }
  SECTION("it was opened again: its actor publishes") {
    w.core.open_room(general, head_at(at(4, 41)), today);
    const auto effects = w.committed();
    CHECK(find_effect<shard_writer::late_events>(effects) == nullptr);
    CHECK(words_of(effects) == "1c");
  }
  SECTION("the outcome was unknown, and is found to be stored") {
    (void)w.failed(errc::outcome_unknown);
    CHECK(find_effect<shard_writer::late_events>(w.recovered(true, 11, {head_at(at(5, 42))})) != nullptr);
  }
  SECTION("it was not stored") {
    CHECK(find_effect<shard_writer::late_events>(w.failed(errc::unavailable)) == nullptr);
  }
}

TEST_CASE("a draft that left before its room heard of a failure is not stored behind what failed",
          "[core][shard_writer][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  CHECK(words_of(w.tick(5s)) == "1u");
  CHECK(words_of(w.enqueue(general, 2, "", 0)) == "2n");
  CHECK(words_of(w.enqueue(general, 3, "", 0)) == "3n");
  CHECK(w.enqueue(random_room, 4, "", 0).empty());  // of another room
  CHECK(w.enqueue(general, 5, "", 1).empty());      // its room has heard, and nothing newer failed
  CHECK(words_of(w.committed()) == "1c");
}

TEST_CASE("a room is told how many failures it has had, however each came about", "[core][shard_writer][G2]") {
  shard_writer_options options;
  options.queued_max = 1;
  given_writer w{options};
  const auto failures_of = [](const shard_writer::effects& effects) {
    failure_count last = 0;
    for (const auto& e : effects) {
      if (const auto* results = std::get_if<shard_writer::room_results>(&e)) last = results->failures;
    }
    return last;
  };
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  CHECK(failures_of(w.enqueue(general, 3)) == 1);         // the queue is full
  CHECK(failures_of(w.enqueue(general, 4, "", 0)) == 1);  // it left too early: no failure more
  CHECK(failures_of(w.tick(5s)) == 3);                    // one under way, one that waited
  CHECK(w.enqueue(general, 5, "", 3).empty());
  CHECK(failures_of(w.committed()) == 3);
}

TEST_CASE("what was told unknown and then was not stored is not tried again", "[core][shard_writer]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.tick(5s);
  CHECK(w.failed(errc::unavailable).empty());
  CHECK(w.core.is_idle());
}

TEST_CASE("bad content is found by halving; its neighbours are committed in order", "[core][shard_writer]") {
  given_writer w;
  (void)w.enqueue(other, 9);
  for (std::uint64_t t = 1; t <= 4; ++t) (void)w.enqueue(general, t);
  CHECK(seqs_of(batch_of(w.committed()).shards[0].rooms[0].events).size() == 4);
  CHECK(batch_of(w.failed(errc::refused_content)).shards[0].rooms[0].events.size() == 2);
  CHECK(batch_of(w.failed(errc::refused_content)).shards[0].rooms[0].events.size() == 1);
  const auto effects = w.failed(errc::refused_content);
  CHECK(words_of(effects) == "1r");
  CHECK(seqs_of(batch_of(effects).shards[0].rooms[0].events) == std::vector<std::uint64_t>{42, 43, 44});
  CHECK(words_of(w.committed()) == "2c 3c 4c");
}

TEST_CASE("a fork is never written over: alone in its batch, it costs the shard", "[core][shard_writer][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  const auto effects = w.failed(errc::room_forked);
  CHECK(words_of(effects) == "1n");
  CHECK(count_effects<shard_writer::step_down>(effects) == 1);
}

}  // namespace parley::testing
