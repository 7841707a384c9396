#include "tests/core/given_writer.hpp"

#include <set>

namespace parley::testing {
namespace {

/// Storage in which someone else holds keys of some rooms: whatever batch has one of these is rolled back.
struct given_held : given_writer {
  explicit given_held(std::size_t rooms, std::set<std::size_t> held_ones) : held(std::move(held_ones)) {
    for (std::size_t i = 0; i < rooms; ++i) {
      names.push_back(room_named("room" + std::to_string(i), static_cast<std::uint32_t>(i % 2)));
      core.open_room(names[i], head_at(at(4, 41)), today);
    }
  }
  shard_writer::effects say(std::size_t room, std::uint64_t t) { return enqueue(names[room], t); }

  /// Answers batches for so long; each takes 1 ms. @returns how the tickets ended; the batches are in `sent`
  std::string flow(shard_writer::effects effects, milliseconds time) {
    std::string words;
    for (const auto end = now + time; now < end;) {
      if (const auto found = words_of(effects); !found.empty()) words += (words.empty() ? "" : " ") + found;
      const auto* next = find_effect<shard_writer::append>(effects);
      if (next == nullptr) {
        effects = tick(1ms);
        continue;
      }
      const auto batch = next->batch;
      sent.push_back(batch);
      now += 1ms;
      effects = is_held(batch) ? failed(errc::locked) : committed(batch.shards.size());
    }
    return words;
  }
  bool is_held(const append_batch& batch) const {
    bool any = false;
    for (const auto& part : batch.shards) {
      for (const auto& r : part.rooms) {
        for (const auto i : held) any |= r.room->key == names[i]->key;
      }
    }
    return any;
  }

  std::vector<room_ref> names;
  std::set<std::size_t> held;
  std::vector<append_batch> sent;
};

std::size_t rooms_of(const append_batch& batch) {
  std::size_t sum = 0;
  for (const auto& part : batch.shards) sum += part.rooms.size();
  return sum;
}

}  // namespace

TEST_CASE("a key that someone else holds stops its own room only: the others are committed at once, in halves",
          "[core][shard_writer][C16]") {
  given_held w{16, {5}};
  auto first = w.say(15, 100);
  for (std::uint64_t i = 0; i < 15; ++i) (void)w.say(i, i);
  const auto words = w.flow(std::move(first), 15ms);
  for (std::uint64_t i = 0; i < 15; ++i) {
    CAPTURE(i, words);
    CHECK(((" " + words + " ").find(" " + std::to_string(i) + "c ") != std::string::npos) == (i != 5));
  }
  CHECK(words.find('n') == std::string::npos);
  CHECK(w.core.queued() == 1);
}

TEST_CASE("what waits for a held key is tried alone, shortly, and more and more rarely, until the deadline",
          "[core][shard_writer][G9]") {
  given_held w{2, {0}};
  auto first = w.say(0, 1);
  (void)w.say(1, 2);
  CHECK(w.flow(std::move(first), 4s) == "2c");
  CHECK_FALSE(w.sent.front().is_trial);
  std::size_t tries = 0;
  for (std::size_t i = 1; i < w.sent.size(); ++i) tries += w.is_held(w.sent[i]) ? 1 : 0;
  CHECK(tries >= 4);
  CHECK(tries <= 12);
  for (std::size_t i = 2; i < w.sent.size(); ++i) {
    CHECK(w.sent[i].is_trial == w.is_held(w.sent[i]));
    CHECK(rooms_of(w.sent[i]) == 1);
  }
  CHECK(w.flow({}, 1100ms) == "1n");  // no try was written: nothing was stored
  CHECK(w.core.is_idle());
}

TEST_CASE("a held room goes on in its order once it is free, within the longest delay",
          "[core][shard_writer][C16][G2]") {
  given_held w{2, {0}};
  CHECK(w.flow(w.say(0, 1), 2s).empty());
  (void)w.say(0, 2);
  w.held.clear();
  CHECK(w.flow({}, 1100ms) == "1c 2c");
  CHECK(seqs_of(w.sent.back().shards[0].rooms[0].events) == std::vector<std::uint64_t>{42, 43});
  (void)w.say(0, 3);
  (void)w.say(1, 4);
  (void)w.say(0, 5);
  CHECK(rooms_of(batch_of(w.committed())) == 2);  // in company again
}

TEST_CASE("many held rooms together stop the writer no more often than one", "[core][shard_writer][G9]") {
  given_held w{40, {}};
  for (std::size_t i = 0; i < 20; ++i) w.held.insert(i);
  for (std::uint64_t i = 0; i < 40; ++i) (void)w.say(i, i);
  (void)w.flow(w.committed(), 1s);
  w.sent.clear();
  (void)w.flow({}, 2s);
  CHECK(w.sent.size() <= 9);
  CHECK(w.sent.size() >= 6);
}

TEST_CASE("trials and the batches of the other rooms take turns", "[core][shard_writer]") {
  given_held w{8, {0, 1, 2, 3}};
  for (std::uint64_t i = 0; i < 8; ++i) (void)w.say(i, i);
  auto effects = w.committed();  // room 0's draft was alone in the first batch
  for (std::uint64_t round = 0; round < 6; ++round) {
    REQUIRE(find_effect<shard_writer::append>(effects) != nullptr);
    const auto batch = batch_of(effects);
    if (round > 0) CHECK(batch.is_trial == (round % 2 == 1));
    (void)w.enqueue(random_room, 100 + round);  // a room that nobody suspects always has something to say
    effects = w.is_held(batch) ? w.failed(errc::locked) : w.committed(batch.shards.size());
  }
}

TEST_CASE("a shard that moves takes the suspicion of its rooms along", "[core][shard_writer]") {
  given_held w{2, {0}};
  CHECK(w.flow(w.say(0, 1), 100ms).empty());
  CHECK(words_of(w.core.close_shard(shard_id{0})) == "1n");
  w.core.open_shard(shard_id{0}, term{6}, attempt{90});
  w.core.open_room(w.names[0], head_at(at(4, 41)), today);
  CHECK_FALSE(batch_of(w.say(0, 2)).is_trial);
}

}  // namespace parley::testing
