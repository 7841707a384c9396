#include "tests/core/given_writer.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace parley::testing {
namespace {

shard_writer_options batches_of(std::size_t events) {
  shard_writer_options options;
  options.batch_events_max = events;
  return options;
}

/// A batch of one draft of a room that nobody else writes to is under way; batches hold four.
struct full_writer : given_writer {
  full_writer() : given_writer(batches_of(4)) { (void)enqueue(random_room, 1); }

  void wait(const room_ref& room, std::uint64_t first, std::uint64_t count) {
    for (auto t = first; t < first + count; ++t) (void)enqueue(room, t);
  }
};

/// Which rooms a batch holds, each with how many events.
std::string rooms_in(const append_batch& batch) {
  std::string told;
  for (const auto& shard : batch.shards) {
    for (const auto& room : shard.rooms)
      told += (told.empty() ? "" : " ") + room.room->room + ":" + std::to_string(room.events.size());
  }
  return told;
}

}  // namespace

TEST_CASE("a room that a full batch has cut goes on with the next one, before those behind it",
          "[core][shard_writer][turns]") {
  full_writer w;
  w.wait(other, 10, 3);
  w.wait(general, 20, 3);
  w.wait(random_room, 30, 3);
  CHECK(rooms_in(batch_of(w.committed())) == "other:3 general:1");
  w.wait(other, 40, 3);
  CHECK(rooms_in(batch_of(w.committed(2))) == "general:2 random:2");
  CHECK(rooms_in(batch_of(w.committed())) == "random:1 other:3");
}

TEST_CASE("no room is cut again and again while others write without end", "[core][shard_writer][turns]") {
  full_writer w;
  std::map<std::string, std::size_t> stored;
  std::uint64_t tickets = 100;
  for (const auto& room : {other, general, random_room}) w.wait(room, tickets += 10, 3);
  // Whatever a batch takes of a room comes again: what waits does not become less.
  auto effects = w.committed();
  for (int n = 0; n < 45; ++n) {
    const auto batch = batch_of(effects);
    for (const auto& shard : batch.shards) {
      for (const auto& room : shard.rooms) {
        stored[room.room->room] += room.events.size();
        w.wait(room.room, tickets += 10, room.events.size());
      }
    }
    effects = w.committed(batch.shards.size());
  }
  for (const auto& [room, events] : stored) {
    CAPTURE(room);
    // Of 180: the rooms of the shard that a batch has cut may be first with what is left of the next one.
    CHECK(events >= 45);
  }
  CHECK(stored.size() == 3);
}

TEST_CASE("a room that had a whole batch has had its turn: a hot one lets the others go first",
          "[core][shard_writer][turns][F23]") {
  full_writer w;
  w.wait(general, 10, 20);
  w.wait(other, 40, 1);
  CHECK(rooms_in(batch_of(w.committed())) == "general:4");
  w.wait(other, 50, 1);
  CHECK(rooms_in(batch_of(w.committed())) == "other:2 general:2");
  w.wait(other, 60, 1);
  CHECK(rooms_in(batch_of(w.committed(2))) == "general:4");
  CHECK(rooms_in(batch_of(w.committed())) == "other:1 general:3");
}

TEST_CASE("bad content is found by halving also where other rooms always have more to store",
          "[core][shard_writer][turns][C16]") {
  given_writer w(batches_of(16));
  (void)w.enqueue(random_room, 1);
  std::uint64_t tickets = 100;
  const auto wait = [&](const room_ref& room, std::size_t count) {
    while (count-- > 0) (void)w.enqueue(room, ++tickets);
  };
  wait(general, 16);
  wait(other, 3);
  (void)w.enqueue(other, 99, "bad");
  wait(other, 3);
  wait(random_room, 16);
  auto effects = w.committed();
  std::size_t batches = 0;
  for (; words_of(effects).find("99r") == std::string::npos; ++batches) {
    REQUIRE(batches < 20);
    const auto batch = batch_of(effects);
    const auto is_bad = [](const event_ptr& e) { return e->client_msg_id == "bad"; };
    bool has_bad = false;
    for (const auto& shard : batch.shards) {
      for (const auto& room : shard.rooms) {
        const bool is_here = std::ranges::any_of(room.events, is_bad);
        has_bad = has_bad || is_here;
        if (!is_here) wait(room.room, room.events.size());
      }
    }
    effects = has_bad ? w.failed(errc::refused_content) : w.committed(batch.shards.size());
  }
}

}  // namespace parley::testing
