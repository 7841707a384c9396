#include "actors/core/shard_writer.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

using verdicts = std::vector<shard_verdict>;

const room_ref general = room_named("general", 0);
const room_ref random_room = room_named("random", 0);
const room_ref other = room_named("other", 1);

/// A writer with two shards and three rooms, and what a test says to it.
struct given_writer {
  explicit given_writer(shard_writer_options options = {}) : core("us", options) {
    core.open_shard(shard_id{0}, term{5}, attempt{10});
    core.open_shard(shard_id{1}, term{8}, attempt{70});
    core.open_room(general, head_at(at(4, 41)), today);
    core.open_room(random_room, head_at({}), unix_time{});
    core.open_room(other, head_at(at(7, 2)), today);
  }
  shard_writer::effects enqueue(const room_ref& room, std::uint64_t t, const std::string& key = "") {
    return core.enqueue(room->key, ticket{t}, draft_of("ana", key), now, wall);
  }
  shard_writer::effects appended(result<append_outcome> how) { return core.appended(std::move(how), now, wall); }
  shard_writer::effects committed(std::size_t shards = 1) {
    return appended(append_outcome{verdicts(shards, shard_verdict::committed), {}});
  }
  shard_writer::effects failed(errc code) { return appended(error{code, "why"}); }
  shard_writer::effects recovered(bool is_owner, std::uint64_t found, std::vector<room_head> heads = {}) {
    return core.recovered(parley::recovered{{{shard_id{0}, is_owner, attempt{found}}}, std::move(heads)}, now, wall);
  }
  shard_writer::effects tick(milliseconds later = 0ms) { return core.tick(now += later, wall); }

  shard_writer core;
  instant now = noon;
  unix_time wall = today;
};

const append_batch& batch_of(const shard_writer::effects& effects) {
  const auto* found = find_effect<shard_writer::append>(effects);
  REQUIRE(found != nullptr);
  return found->batch;
}
const recover_request& request_of(const shard_writer::effects& effects) {
  const auto* found = find_effect<shard_writer::recover>(effects);
  REQUIRE(found != nullptr);
  return found->request;
}
/// How each ticket ended: c, d, n, r or u for committed, duplicate, not stored, refused or unknown.
std::string words_of(const shard_writer::effects& effects) {
  std::string words;
  for (const auto& e : effects) {
    if (const auto* results = std::get_if<shard_writer::room_results>(&e)) {
      for (const auto& o : results->outcomes) {
        words += (words.empty() ? "" : " ") + std::to_string(o.ticket.value) + "cdnru"[o.how.index()];
      }
    }
  }
  return words;
}

}  // namespace

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
  CHECK(batch_of(w.enqueue(general, 3)).shards[0].rooms[0].before == at(5, 42));
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

// ---- the third result (C6) ---------------------------------------------------------------------------------------

TEST_CASE("an unknown outcome freezes the writer and asks for what is stored, past every id",
          "[core][shard_writer][G1][G7]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(other, 2);
  const auto effects = w.failed(errc::outcome_unknown);
  CHECK(words_of(effects).empty());
  const auto& request = request_of(effects);
  CHECK(request.owner == "us");
  REQUIRE(request.shards.size() == 1);
  CHECK(request.shards[0].shard == shard_id{0});
  CHECK(request.shards[0].term == term{5});
  CHECK(request.shards[0].past > attempt{11});
  CHECK(request.rooms == std::vector<room_ref>{general});
  CHECK(w.tick(1s).empty());
  CHECK(w.committed().empty());  // a late word on the batch itself counts for nothing now
}

TEST_CASE("an unknown batch that is stored is committed, and the row's n is known", "[core][shard_writer][G1][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  const auto past = request_of(w.failed(errc::outcome_unknown)).shards[0].past;
  const auto effects = w.recovered(true, 11, {head_at(at(5, 42))});
  CHECK(words_of(effects) == "1c");
  CHECK(the_effect<shard_writer::shard_moved>(effects).mark == shard_mark{term{5}, past});
  const auto next_batch = w.enqueue(general, 2);
  CHECK(batch_of(next_batch).shards[0].fence.before == past);
  CHECK(batch_of(next_batch).shards[0].fence.own > past);
  CHECK(batch_of(next_batch).shards[0].rooms[0].before == at(5, 42));
}

TEST_CASE("an unknown batch that is not stored is sent again in its order", "[core][shard_writer][G1][G2]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  const auto past = request_of(w.failed(errc::outcome_unknown)).shards[0].past;
  const auto effects = w.recovered(true, 10, {head_at(at(4, 41))});
  CHECK(words_of(effects).empty());
  CHECK(batch_of(effects).shards[0].fence.before == past);
  CHECK(batch_of(effects).shards[0].fence.own > past);
  CHECK(words_of(w.committed()) == "1c 2c");
}

TEST_CASE("a recovery that finds another owner leaves the batch unknown and steps down", "[core][shard_writer][G7]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  (void)w.failed(errc::outcome_unknown);
  const auto effects = w.recovered(false, 11, {{}});
  CHECK(words_of(effects) == "1u 2n");
  CHECK(count_effects<shard_writer::step_down>(effects) == 1);
}

TEST_CASE("an n that this owner never handed out is another history: step down", "[core][shard_writer][G2][G7]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  (void)w.failed(errc::outcome_unknown);
  const auto found = GENERATE(9u, 99u);
  const auto effects = w.recovered(true, found, {head_at(at(4, 41))});
  CHECK(words_of(effects) == "1u");
  CHECK(count_effects<shard_writer::step_down>(effects) == 1);
}

TEST_CASE("a recovery whose own answer was lost is asked again with larger ids, and the heads tell",
          "[core][shard_writer][G1][G2][G7]") {
  given_writer w;
  (void)w.enqueue(general, 1);
  const auto first = request_of(w.failed(errc::outcome_unknown)).shards[0].past;
  CHECK(w.core.recovered(error{errc::outcome_unknown, "cut"}, w.now, w.wall).empty());
  CHECK(w.tick(19ms).empty());
  const auto second = request_of(w.tick(1ms)).shards[0].past;
  CHECK(second > first);
  CHECK(w.tick(1s).empty());  // one question at a time
  SECTION("stored") {
    const auto effects = w.recovered(true, first.value, {head_at(at(5, 42))});
    CHECK(words_of(effects) == "1c");
    CHECK(the_effect<shard_writer::shard_moved>(effects).mark.n == second);
  }
  SECTION("not stored") {
    const auto effects = w.recovered(true, first.value, {head_at(at(4, 41))});
    CHECK(batch_of(effects).shards[0].fence.before == second);
  }
  SECTION("neither: someone else wrote") {
    const auto effects = w.recovered(true, first.value, {head_at(at(5, 50))});
    CHECK(words_of(effects) == "1u");
    CHECK(count_effects<shard_writer::step_down>(effects) == 1);
  }
  SECTION("heads that are missing prove nothing") { CHECK(words_of(w.recovered(true, first.value)) == "1u"); }
}

TEST_CASE("answers that nothing waits for change nothing", "[core][shard_writer]") {
  given_writer w;
  CHECK(w.committed().empty());
  CHECK(w.recovered(true, 10).empty());
  (void)w.enqueue(general, 1);
  CHECK(w.recovered(true, 10).empty());
  CHECK(words_of(w.committed()) == "1c");
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
