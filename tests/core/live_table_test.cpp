#include "actors/core/live_table.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace parley::testing {
namespace {

struct frame {
  position before_;
  event_list events;
  std::size_t bytes = 100;
  position before() const { return before_; }
  position last() const { return events.back()->at_position(); }
  std::size_t size_bytes() const { return bytes; }
  bool holds(position p) const {
    for (const auto& e : events) {
      if (e->at_position() == p) return true;
    }
    return false;
  }
};
using frame_ptr = std::shared_ptr<const frame>;
using table = live_table<int, frame_ptr>;

frame_ptr frame_of(position before, event_list events, std::size_t bytes = 100) {
  return std::make_shared<const frame>(frame{before, std::move(events), bytes});
}
frame_ptr one(std::uint64_t t, std::uint64_t s, std::size_t bytes = 100) {
  return frame_of(s == 1 ? position{} : at(t, s - 1), events_of(t, s, s), bytes);
}

/// Writes down what it is told, in words: "1<5-6" is a write of seqs 5 to 6 to session 1.
struct told {
  std::vector<std::string> words;
  std::set<int> full;

  bool write(int s, const frame_ptr& f) {
    if (full.contains(s)) return false;
    words.push_back(std::to_string(s) + '<' + std::to_string(f->events.front()->seq.value) + '-' +
                    std::to_string(f->last().seq.value));
    return true;
  }
  bool write_after(int s, const frame_ptr& f, position p) {
    if (full.contains(s)) return false;
    words.push_back(std::to_string(s) + '<' + std::to_string(p.seq.value + 1) + '-' +
                    std::to_string(f->last().seq.value));
    return true;
  }
  void live(int s, const room_key&, generation g, position p) {
    words.push_back(std::to_string(s) + " live " + std::to_string(g.value) + " at " + std::to_string(p.seq.value));
  }
  void behind(int s, const room_key&, generation g, position p, bool was_live) {
    words.push_back(std::to_string(s) + (was_live ? " fell " : " behind ") + std::to_string(g.value) + " at " +
                    std::to_string(p.seq.value));
  }
  std::vector<std::string> take() { return std::exchange(words, {}); }
};

using said = std::vector<std::string>;
const auto general = room_named("general") -> key;
const auto other = room_named("other") -> key;
const generation g1{1}, g2{2};

}  // namespace

TEST_CASE("a frame that follows a row's position is written, and the row moves on", "[core][live_table][G3]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.go_live(1, general, g1, at(1, 3), sink);
  t.deliver(general, one(1, 4), sink);
  t.deliver(general, one(1, 5), sink);
  CHECK(sink.take() == said{"1 live 1 at 3", "1<4-4", "1<5-5"});
  REQUIRE(t.last_of(1, general) != nullptr);
  CHECK(*t.last_of(1, general) == at(1, 5));
  CHECK(t.last_of(2, general) == nullptr);
  CHECK(t.last_of(1, other) == nullptr);
}

TEST_CASE("a room that is not open takes no row and no frame", "[core][live_table]") {
  table t;
  told sink;
  t.go_live(1, general, g1, at(1, 3), sink);
  t.deliver(general, one(1, 4), sink);
  t.reset(general, at(1, 3), sink);
  t.close(general, sink);
  CHECK_FALSE(t.leave(1, general, g1));
  CHECK(sink.take() == said{"1 behind 1 at 3"});
  CHECK(t.rooms() == 0);
  CHECK(t.rows(general) == 0);
}

TEST_CASE("what came while the history was read is replayed from the ring", "[core][live_table][G3]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  for (std::uint64_t s = 4; s <= 6; ++s) t.deliver(general, one(1, s), sink);
  t.go_live(1, general, g1, at(1, 3), sink);
  CHECK(sink.take() == said{"1 live 1 at 3", "1<4-4", "1<5-5", "1<6-6"});
  t.go_live(2, general, g1, at(1, 5), sink);
  CHECK(sink.take() == said{"2 live 1 at 5", "2<6-6"});
  t.go_live(3, general, g1, at(1, 6), sink);
  CHECK(sink.take() == said{"3 live 1 at 6"});
}

TEST_CASE("of a frame whose beginning a row holds, the rest is written", "[core][live_table][G3]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.deliver(general, frame_of(at(1, 3), events_of(1, 4, 7)), sink);
  t.go_live(1, general, g1, at(1, 5), sink);  // its page ended within the frame
  CHECK(sink.take() == said{"1 live 1 at 5", "1<6-7"});
  t.deliver(general, one(1, 8), sink);
  CHECK(sink.take() == said{"1<8-8"});
}

TEST_CASE("nobody goes live ahead of the feed: a feed that never had a lost tail cannot miss it",
          "[core][live_table][G3][G8]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.go_live(1, general, g1, at(1, 5), sink);
  CHECK(sink.take() == said{"1 behind 1 at 5"});
  t.deliver(general, one(1, 4), sink);
  t.deliver(general, one(1, 5), sink);
  t.go_live(1, general, g1, at(1, 5), sink);
  CHECK(sink.take() == said{"1 live 1 at 5"});
  t.deliver(general, one(1, 6), sink);
  CHECK(sink.take() == said{"1<6-6"});
}

TEST_CASE("a row that the ring does not reach is behind: nothing is written", "[core][live_table][G3]") {
  table t{{2, 1000}};
  told sink;
  t.open(general, at(1, 3));
  t.go_live(1, general, g1, at(1, 2), sink);
  CHECK(sink.take() == said{"1 behind 1 at 2"});
  for (std::uint64_t s = 4; s <= 6; ++s) t.deliver(general, one(1, s), sink);
  t.go_live(1, general, g1, at(1, 3), sink);  // frame 4 has left the ring
  CHECK(sink.take() == said{"1 behind 1 at 3"});
  t.go_live(1, general, g1, at(1, 4), sink);
  CHECK(sink.take() == said{"1 live 1 at 4", "1<5-5", "1<6-6"});
  CHECK(t.rows(general) == 1);
}

TEST_CASE("a ring is bounded by bytes too, but keeps its newest frame", "[core][live_table][G9]") {
  table t{{64, 250}};
  told sink;
  t.open(general, at(1, 3));
  for (std::uint64_t s = 4; s <= 6; ++s) t.deliver(general, one(1, s), sink);
  t.go_live(1, general, g1, at(1, 3), sink);
  t.go_live(2, general, g1, at(1, 4), sink);
  CHECK(sink.take() == said{"1 behind 1 at 3", "2 live 1 at 4", "2<5-5", "2<6-6"});
  t.deliver(general, one(1, 7, 9000), sink);
  (void)sink.take();
  t.go_live(3, general, g1, at(1, 6), sink);
  t.go_live(4, general, g1, at(1, 5), sink);
  CHECK(sink.take() == said{"3 live 1 at 6", "3<7-7", "4 behind 1 at 5"});
}

TEST_CASE("a position of another term is not reached, however near its seq", "[core][live_table][G8]") {
  table t;
  told sink;
  t.open(general, at(2, 3));
  t.deliver(general, one(2, 4), sink);
  const auto lost = GENERATE(at(1, 3), at(1, 4), at(1, 5));
  t.go_live(1, general, g1, lost, sink);
  CHECK(sink.take() == said{"1 behind 1 at " + std::to_string(lost.seq.value)});
}

TEST_CASE("a frame that does not follow makes the row fall out at its position", "[core][live_table][G3]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.go_live(1, general, g1, at(1, 3), sink);
  t.deliver(general, one(1, 5), sink);
  CHECK(sink.take() == said{"1 live 1 at 3", "1 fell 1 at 3"});
  CHECK(t.rows(general) == 0);
  t.deliver(general, one(1, 6), sink);
  CHECK(sink.take().empty());
}

TEST_CASE("a hole makes the ring forget: it no longer reaches back", "[core][live_table][G3]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.deliver(general, one(1, 4), sink);
  t.deliver(general, one(1, 6), sink);
  t.go_live(1, general, g1, at(1, 3), sink);
  t.go_live(2, general, g1, at(1, 5), sink);
  CHECK(sink.take() == said{"1 behind 1 at 3", "2 live 1 at 5", "2<6-6"});
}

TEST_CASE("a row that holds a lost tail falls out with the first frame of the new term, ahead or level",
          "[core][live_table][G8]") {
  const auto held = GENERATE(4u, 5u, 9u);
  table t;
  told sink;
  t.open(general, at(1, held));
  t.go_live(1, general, g1, at(1, held), sink);
  (void)sink.take();
  t.deliver(general, frame_of(at(1, 3), events_of(2, 4, 5)), sink);
  CHECK(sink.take() == said{"1 fell 1 at " + std::to_string(held)});
}

TEST_CASE("a full session's row leaves without a word, its neighbours go on", "[core][live_table][G9]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  for (int s = 1; s <= 4; ++s) t.go_live(s, general, g1, at(1, 3), sink);
  (void)sink.take();
  sink.full = {1, 4};
  t.deliver(general, frame_of(at(1, 3), events_of(1, 4, 5)), sink);
  CHECK(t.rows(general) == 2);
  auto words = sink.take();
  std::ranges::sort(words);
  CHECK(words == said{"2<4-5", "3<4-5"});
  sink.full.clear();
  t.deliver(general, one(1, 6), sink);
  words = sink.take();
  std::ranges::sort(words);
  CHECK(words == said{"2<6-6", "3<6-6"});
}

TEST_CASE("a session that is full already in the replay gets no row", "[core][live_table][G9]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.deliver(general, one(1, 4), sink);
  t.deliver(general, one(1, 5), sink);
  sink.full = {1};
  t.go_live(1, general, g1, at(1, 3), sink);
  CHECK(sink.take() == said{"1 live 1 at 3"});
  CHECK(t.rows(general) == 0);
}

TEST_CASE("a later join's row replaces an earlier one, and an earlier leave or join does not touch it",
          "[core][live_table]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.go_live(1, general, g1, at(1, 3), sink);
  t.go_live(1, general, g2, at(1, 3), sink);
  CHECK(t.rows(general) == 1);
  CHECK_FALSE(t.leave(1, general, g1));
  (void)sink.take();
  t.go_live(1, general, g1, at(1, 3), sink);
  CHECK(sink.take().empty());
  CHECK(t.rows(general) == 1);
  t.deliver(general, one(1, 4), sink);
  CHECK(sink.take() == said{"1<4-4"});
  CHECK(t.leave(1, general, g2));
  CHECK_FALSE(t.leave(1, general, g2));
  CHECK_FALSE(t.leave(1, other, g2));
  CHECK(t.rows(general) == 0);
}

TEST_CASE("rooms are apart", "[core][live_table]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.open(other, at(1, 3));
  t.go_live(1, general, g1, at(1, 3), sink);
  t.go_live(1, other, g2, at(1, 3), sink);
  (void)sink.take();
  t.deliver(other, one(1, 4), sink);
  CHECK(*t.last_of(1, general) == at(1, 3));
  t.close(other, sink);
  CHECK(sink.take() == said{"1<4-4", "1 fell 2 at 4"});
  CHECK(t.rooms() == 1);
}

TEST_CASE("opening again moves the feed's place and forgets the ring", "[core][live_table]") {
  table t;
  told sink;
  t.open(general, at(1, 3));
  t.deliver(general, one(1, 4), sink);
  t.open(general, at(1, 9));
  t.go_live(1, general, g1, at(1, 3), sink);
  t.go_live(2, general, g1, at(1, 9), sink);
  CHECK(sink.take() == said{"1 behind 1 at 3", "2 live 1 at 9"});
}

TEST_CASE("after a reset every row finds out by itself, and none goes live before the feed is back",
          "[core][live_table][G8]") {
  table t;
  told sink;
  t.open(general, at(1, 5));
  t.go_live(1, general, g1, at(1, 5), sink);
  t.go_live(2, general, g1, at(1, 5), sink);
  (void)sink.take();
  t.reset(general, at(1, 5), sink);
  CHECK(sink.take() == said{"1 fell 1 at 5", "2 fell 1 at 5"});
  t.go_live(1, general, g2, at(1, 5), sink);
  CHECK(sink.take() == said{"1 behind 2 at 5"});
  t.open(general, at(2, 5));
  t.go_live(1, general, g2, at(2, 5), sink);
  CHECK(sink.take() == said{"1 live 2 at 5"});
}

TEST_CASE("a head is said to the rows that stand there, to no other", "[core][live_table]") {
  const auto room = room_named("general")->key;
  table t;
  told sink;
  t.open(room, at(1, 4));
  t.go_live(1, room, generation{1}, at(1, 4), sink);
  t.go_live(2, room, generation{1}, at(1, 6), sink);  // ahead of this feed
  std::vector<int> heard;
  const auto say = [&](int s) { heard.push_back(s); };
  t.at_head(room, at(1, 4), say);
  CHECK(heard == std::vector{1});
  t.at_head(room, at(2, 4), say);  // the same seq of another term is another position
  t.at_head(room_named("other")->key, at(1, 4), say);
  CHECK(heard == std::vector{1});
}

}  // namespace parley::testing
