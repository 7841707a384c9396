#include "tests/core/given_writer.hpp"

namespace parley::testing {

TEST_CASE("a lone draft leaves at once, numbered after the head, fenced by the row's n", "[core][shard_writer][G2]") {
  given_writer w;
  const auto effects = w.enqueue(general, 1, "c-1");
  const auto& batch = batch_of(effects);
  CHECK(batch.owner == "us");
  REQUIRE(batch.shards.size() == 1);
  const auto& part = batch.shards[0];
  CHECK(part.fence.shard == shard_id{0});
  CHECK(part.fence.term == term{5});
  CHECK(part.fence.before == attempt{10});
  CHECK(part.fence.own == attempt{11});
  REQUIRE(part.rooms.size() == 1);
  CHECK(part.rooms[0].room == general);
  CHECK(part.rooms[0].before == at(4, 41));
  CHECK(part.rooms[0].digests == std::vector<digest>{digest_of(1)});
  const auto& e = *part.rooms[0].events.at(0);
  CHECK(e.at_position() == at(5, 42));
  CHECK(e.kind == event_kind::message_created);
  CHECK(e.client_msg_id == "c-1");
  CHECK(e.body.text == "hello");
  CHECK(e.version == 1);
  CHECK(e.at == today);
}

TEST_CASE("nothing is said before the commit is known; then the room, then the beacon hear of it",
          "[core][shard_writer][G1][G4]") {
  given_writer w;
  CHECK(words_of(w.enqueue(general, 1)).empty());
  const auto effects = w.committed();
  REQUIRE(effects.size() == 2);
  CHECK(words_of(effects) == "1c");
  const auto* moved = std::get_if<shard_writer::shard_moved>(&effects[1]);
  REQUIRE(moved != nullptr);
  CHECK(moved->mark == mark_of(5, 11));
  CHECK(moved->heads == std::vector<beacon::entry>{{general->key, head_at(at(5, 42))}});
  CHECK(w.core.is_idle());
}

TEST_CASE("while a batch is under way the next one collects, of all rooms and shards", "[core][shard_writer]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  CHECK(w.enqueue(general, 2).empty());
  CHECK(w.enqueue(other, 3).empty());
  CHECK(w.enqueue(random_room, 4).empty());
  CHECK(w.enqueue(general, 5).empty());
  CHECK(w.core.queued() == 4);
  const auto effects = w.committed();
  const auto& batch = batch_of(effects);
  REQUIRE(batch.shards.size() == 2);
  CHECK(batch.shards[0].fence.before == attempt{11});
  CHECK(batch.shards[0].fence.own == attempt{12});
  CHECK(seqs_of(batch.shards[0].rooms.at(0).events) == std::vector<std::uint64_t>{43, 44});
  CHECK(seqs_of(batch.shards[0].rooms.at(1).events) == std::vector<std::uint64_t>{1});
  CHECK(batch.shards[1].fence.own == attempt{71});
  CHECK(seqs_of(batch.shards[1].rooms.at(0).events) == std::vector<std::uint64_t>{3});
  CHECK(words_of(w.committed(2)) == "2c 5c 4c 3c");
}

TEST_CASE("a reply may name what is stored, or what goes before it", "[core][shard_writer][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);  // 42, under way
  CHECK(w.enqueue_reply(general, 2, 42).empty());
  CHECK(w.enqueue_reply(general, 3, 43).empty());
  CHECK(w.enqueue_reply(general, 4, 41).empty());
  const auto effects = w.committed();
  CHECK(words_of(effects) == "1c");
  const auto& events = batch_of(effects).shards[0].rooms[0].events;
  CHECK(seqs_of(events) == std::vector<std::uint64_t>{43, 44, 45});
  CHECK(events[1]->reply_to == seq{43});
  CHECK(words_of(w.committed()) == "2c 3c 4c");
}

TEST_CASE("a reply whose target does not come before it finds none, and leaves no hole", "[core][shard_writer][G2]") {
  given_writer w;
  CHECK(words_of(w.enqueue_reply(general, 1, 42)) == "1t");  // it would be 42 itself
  CHECK(w.core.is_idle());
  (void)w.enqueue(general, 2);
  (void)w.enqueue_reply(general, 3, 44);
  (void)w.enqueue(general, 4);
  const auto effects = w.committed();
  CHECK(words_of(effects) == "2c 3t");
  CHECK(seqs_of(batch_of(effects).shards[0].rooms[0].events) == std::vector<std::uint64_t>{43});
  CHECK(words_of(w.committed()) == "4c");
}

TEST_CASE("a reply is judged again when its target turns out to be a repeat", "[core][shard_writer][G5]") {
  given_writer w;
  (void)w.enqueue(random_room, 1);
  (void)w.enqueue(general, 2, "c-1");
  (void)w.enqueue_reply(general, 3, 42);
  (void)w.committed();  // both leave, as 42 and 43
  const auto effects = w.appended(append_outcome{{}, {{general->key, "ana", "c-1", at(4, 7), today, digest_of(1)}}});
  CHECK(words_of(effects) == "2d 3t");
  CHECK(find_effect<shard_writer::append>(effects) == nullptr);
  CHECK(w.core.is_idle());
}

TEST_CASE("a batch is bounded by events and by bytes; the rest follows", "[core][shard_writer][G9]") {
  shard_writer_options options;
  const bool by_bytes = GENERATE(false, true);
  (by_bytes ? options.batch_bytes_max : options.batch_events_max) = by_bytes ? 200 : 2;
  given_writer w{options};
  for (std::uint64_t t = 1; t <= 4; ++t) (void)w.enqueue(general, t);
  CHECK(batch_of(w.committed()).shards[0].rooms[0].events.size() == 2);
  CHECK(batch_of(w.committed()).shards[0].rooms[0].events.size() == 1);
}

TEST_CASE("what finds the queue full, by number or bytes, or no open room, is not stored, at once",
          "[core][shard_writer][G9]") {
  shard_writer_options options;
  SECTION("number") { options.queued_max = 1; }
  SECTION("bytes") { options.queued_bytes_max = 200; }
  given_writer w{options};
  (void)w.enqueue(general, 1);  // under way, no longer queued
  CHECK(w.enqueue(general, 2).empty());
  CHECK(words_of(w.enqueue(general, 3)) == "3n");
  CHECK(words_of(w.enqueue(room_named("nowhere"), 4)) == "4n");
}

TEST_CASE("an event's time never falls within its room, whatever the clock does", "[core][shard_writer]") {
  given_writer w;
  w.wall = today - 1h;
  CHECK(batch_of(w.enqueue(general, 1)).shards[0].rooms[0].events[0]->at == today);
  (void)w.committed();
  w.wall = today + 5s;
  CHECK(batch_of(w.enqueue(general, 2)).shards[0].rooms[0].events[0]->at == today + 5s);
  (void)w.committed();
  w.wall = today + 1s;
  CHECK(batch_of(w.enqueue(general, 3)).shards[0].rooms[0].events[0]->at == today + 5s);
}

// ---- shards come and go ------------------------------------------------------------------------------------------

TEST_CASE("a closed shard's waiting drafts were not stored; its batch under way still gets its answer",
          "[core][shard_writer][G7]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  CHECK(words_of(w.core.close_shard(shard_id{0})) == "2n");
  CHECK(w.core.close_shard(shard_id{0}).empty());
  CHECK(words_of(w.enqueue(general, 3)) == "3n");
  SECTION("committed") { CHECK(words_of(w.committed()) == "1c"); }
  SECTION("out of reach") { CHECK(words_of(w.failed(errc::unavailable)) == "1n"); }
  SECTION("locked") { CHECK(words_of(w.appended(append_outcome{{shard_verdict::locked}, {}})) == "1n"); }
  SECTION("another owner") {
    const auto effects = w.appended(append_outcome{{shard_verdict::not_owner}, {}});
    CHECK(words_of(effects) == "1n");
    CHECK(count_effects<shard_writer::step_down>(effects) == 0);
  }
  SECTION("unknown, and not stored") {
    CHECK(request_of(w.failed(errc::outcome_unknown)).shards[0].past > attempt{11});
    CHECK(words_of(w.recovered(true, 10, {head_at(at(4, 41))})) == "1n");
  }
  CHECK(w.core.is_idle());
}

TEST_CASE("a late answer of a former term moves nothing of a room that was opened anew", "[core][shard_writer][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.core.close_shard(shard_id{0});
  w.core.open_shard(shard_id{0}, term{9}, attempt{30});
  w.core.open_room(general, head_at(at(8, 60)), today);
  CHECK(words_of(w.committed()) == "1c");
  const auto effects = w.enqueue(general, 2);
  CHECK(batch_of(effects).shards[0].fence.before == attempt{30});
  CHECK(batch_of(effects).shards[0].rooms[0].before == at(8, 60));
}

TEST_CASE("a former term's draft is not stored under the next one", "[core][shard_writer][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.core.close_shard(shard_id{0});
  w.core.open_shard(shard_id{0}, term{9}, attempt{30});
  w.core.open_room(general, head_at(at(8, 60)), today);
  CHECK(words_of(w.failed(errc::unavailable)) == "1n");
}

TEST_CASE("a room is closed only when nothing of it waits", "[core][shard_writer]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(random_room, 2);
  w.core.close_room(random_room->key);
  CHECK(words_of(w.committed()) == "1c");
  CHECK(words_of(w.committed()) == "2c");
  w.core.close_room(random_room->key);
  CHECK(words_of(w.enqueue(random_room, 3)) == "3n");
}

TEST_CASE("a room that slept over an unknown batch wakes with its head and its time", "[core][shard_writer][G2]") {
  given_writer w;
  w.wall = today + 10s;
  (void)w.enqueue(general, 1);
  (void)w.tick(5s);  // told unknown: its actor has nothing to wait for
  w.core.close_room(general->key);
  w.core.open_room(general, head_at(at(4, 41)), today);
  (void)w.committed();
  w.wall = today;
  const auto effects = w.enqueue(general, 2);
  CHECK(batch_of(effects).shards[0].rooms[0].before == at(5, 42));
  CHECK(batch_of(effects).shards[0].rooms[0].events[0]->at == today + 10s);
}

}  // namespace parley::testing
