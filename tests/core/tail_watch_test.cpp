#include "actors/core/tail_watch.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace parley::testing {
namespace {

beacon beacon_of(std::uint64_t t, std::uint64_t before, std::uint64_t n, std::vector<beacon::entry> heads = {}) {
  return {shard_id{0}, term{t}, 1, attempt{before}, attempt{n}, std::move(heads)};
}

}  // namespace

TEST_CASE("the first feed of a shard asks for its beacons, the last one ends them", "[core][tail_watch]") {
  tail_watch watch;
  const auto a = room_named("a"), b = room_named("b"), other = room_named("other", 4);
  CHECK(watch.added(a));
  CHECK_FALSE(watch.added(b));
  CHECK(watch.added(other));
  CHECK(watch.feeds() == 3);
  CHECK(watch.shards().size() == 2);
  CHECK_FALSE(watch.removed(a));
  CHECK(watch.removed(b));
  CHECK_FALSE(watch.removed(b));
  CHECK(watch.shards() == std::vector<shard_id>{shard_id{4}});
}

TEST_CASE("a poll that sees the mark of a feed's last head read suspects nothing", "[core][tail_watch][G6]") {
  tail_watch watch;
  const auto a = room_named("a");
  watch.added(a);
  watch.head_read(a, mark_of(5, 30));
  CHECK(watch.polled(shard_id{0}, mark_of(5, 30)).empty());
}

TEST_CASE("a poll that sees any other mark suspects the feed: larger, smaller, or of another term",
          "[core][tail_watch][G6]") {
  const auto seen = GENERATE(mark_of(5, 31), mark_of(5, 29), mark_of(6, 30), mark_of(4, 30));
  tail_watch watch;
  const auto a = room_named("a"), b = room_named("b");
  watch.added(a);
  watch.added(b);
  watch.head_read(a, mark_of(5, 30));
  watch.head_read(b, seen);
  CHECK(watch.polled(shard_id{0}, seen) == tail_watch::suspects{a});
}

TEST_CASE("a suspected feed is one again with each poll, until its head was read", "[core][tail_watch][G6]") {
  tail_watch watch;
  const auto a = room_named("a");
  watch.added(a);
  watch.head_read(a, mark_of(5, 30));
  for (int poll = 0; poll < 2; ++poll)  // the read that the first one asked for was lost
    CHECK(watch.polled(shard_id{0}, mark_of(5, 31)) == tail_watch::suspects{a});
  watch.head_read(a, mark_of(5, 31));
  CHECK(watch.polled(shard_id{0}, mark_of(5, 31)).empty());
}

TEST_CASE("a feed whose first head is being read is no suspect, nor is one of another shard", "[core][tail_watch]") {
  tail_watch watch;
  watch.added(room_named("a"));
  const auto other = room_named("other", 4);
  watch.added(other);
  watch.head_read(other, mark_of(5, 30));
  CHECK(watch.polled(shard_id{0}, mark_of(9, 99)).empty());
  CHECK(watch.polled(shard_id{8}, mark_of(9, 99)).empty());
}

TEST_CASE("a beacon that continues a feed's mark moves it on and hints at what changed", "[core][tail_watch][G6]") {
  tail_watch watch;
  const auto a = room_named("a"), b = room_named("b");
  watch.added(a);
  watch.added(b);
  watch.head_read(a, mark_of(5, 30));
  watch.head_read(b, mark_of(5, 30));
  const auto hints = watch.heard(beacon_of(5, 30, 33, {{a->key, head_at(at(5, 8))}, {room_named("x")->key, {}}}));
  REQUIRE(hints.size() == 1);
  CHECK(hints[0].room == a);
  CHECK(hints[0].head == head_at(at(5, 8)));
  CHECK(watch.polled(shard_id{0}, mark_of(5, 33)).empty());
}

TEST_CASE("a beacon after a missed one hints, but moves no mark: the poll finds what the missed one said",
          "[core][tail_watch][G6]") {
  tail_watch watch;
  const auto a = room_named("a");
  watch.added(a);
  watch.head_read(a, mark_of(5, 30));
  CHECK(watch.heard(beacon_of(5, 33, 35, {{a->key, head_at(at(5, 8))}})).size() == 1);
  CHECK(watch.polled(shard_id{0}, mark_of(5, 35)) == tail_watch::suspects{a});
}

TEST_CASE("a new term's beacon moves no mark of the former term", "[core][tail_watch][G6][G7]") {
  tail_watch watch;
  const auto a = room_named("a");
  watch.added(a);
  watch.head_read(a, mark_of(5, 30));
  (void)watch.heard(beacon_of(6, 30, 31));
  CHECK(watch.polled(shard_id{0}, mark_of(6, 31)) == tail_watch::suspects{a});
}

TEST_CASE("what concerns no feed changes nothing", "[core][tail_watch]") {
  tail_watch watch;
  CHECK(watch.heard(beacon_of(5, 1, 2)).empty());
  watch.head_read(room_named("a"), mark_of(5, 30));
  watch.added(room_named("b"));
  watch.head_read(room_named("a"), mark_of(5, 30));
  CHECK_FALSE(watch.removed(room_named("z", 9)));
  CHECK(watch.feeds() == 1);
  CHECK(watch.polled(shard_id{0}, mark_of(1, 1)).empty());
}

TEST_CASE("a poll that sees the mark of a feed's last head read proves its head, once a period", "[core][tail_watch]") {
  tail_watch watch{30s};
  const auto a = room_named("a");
  watch.added(a, noon);
  watch.head_read(a, mark_of(5, 30));
  const auto proven = [&](shard_mark mark, instant now) { return !watch.proven(shard_id{0}, mark, now).empty(); };
  CHECK_FALSE(proven(mark_of(5, 30), noon + 14s));  // the first turn comes between half a period and one and a half
  CHECK(proven(mark_of(5, 30), noon + 45s));
  CHECK_FALSE(proven(mark_of(5, 30), noon + 74s));
  CHECK_FALSE(proven(mark_of(5, 31), noon + 75s));  // another mark proves nothing, and the turn is kept
  CHECK(proven(mark_of(5, 30), noon + 76s));
}

TEST_CASE("a head that was read is said when it is due, whatever the shard's mark", "[core][tail_watch]") {
  tail_watch watch{30s};
  const auto a = room_named("a");
  watch.added(a, noon);
  CHECK_FALSE(watch.is_head_due(a, noon + 14s));
  CHECK(watch.is_head_due(a, noon + 45s));
  CHECK_FALSE(watch.is_head_due(a, noon + 46s));
  CHECK_FALSE(watch.is_head_due(room_named("unknown"), noon + 99s));
}

TEST_CASE("rooms that were opened at once take their turns at different times", "[core][tail_watch]") {
  tail_watch watch{30s};
  for (const auto* name : {"a", "z"}) {
    watch.added(room_named(name), noon);
    watch.head_read(room_named(name), mark_of(5, 30));
  }
  std::size_t turns_at_once = 0;
  for (auto now = noon; now < noon + 45s; now += 1s)
    turns_at_once = std::max(turns_at_once, watch.proven(shard_id{0}, mark_of(5, 30), now).size());
  CHECK(turns_at_once == 1);
}

TEST_CASE("without a period no head is ever due", "[core][tail_watch]") {
  tail_watch watch{0ms};
  const auto a = room_named("a");
  watch.added(a, noon);
  watch.head_read(a, mark_of(5, 30));
  CHECK(watch.proven(shard_id{0}, mark_of(5, 30), noon + 24h).empty());
  CHECK_FALSE(watch.is_head_due(a, noon + 24h));
}

TEST_CASE("a poll that does not find the shard, for it is on its way to another database, suspects nothing",
          "[core][tail_watch][move]") {
  tail_watch watch;
  const auto a = room_named("a");
  watch.added(a);
  watch.head_read(a, mark_of(5, 30));
  CHECK(watch.polled(shard_id{0}, {}).empty());
  CHECK(watch.proven(shard_id{0}, {}, noon + 24h).empty());
  CHECK(watch.polled(shard_id{0}, mark_of(9, 31)).size() == 1);  // the new owner's
}

}  // namespace parley::testing
