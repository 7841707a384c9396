#include "tests/core/given_writer.hpp"

namespace parley::testing {

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

}  // namespace parley::testing
