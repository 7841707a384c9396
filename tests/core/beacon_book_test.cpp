#include "actors/core/beacon_book.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

beacon::entry entry_of(const std::string& room, std::uint64_t s) { return {room_named(room)->key, head_at(at(1, s))}; }

}  // namespace

TEST_CASE("a book without a term has nothing to say", "[core][beacon_book]") {
  beacon_book book{shard_id{7}};
  CHECK_FALSE(book.has_news());
  CHECK_FALSE(book.due());
}

TEST_CASE("a new term is news by itself, and its chain begins at its n", "[core][beacon_book][G6]") {
  beacon_book book{shard_id{7}};
  book.opened(mark_of(5, 30));
  CHECK(book.has_news());
  const auto b = book.due();
  REQUIRE(b);
  CHECK(*b == beacon{shard_id{7}, term{5}, 1, attempt{30}, attempt{30}, {}});
}

TEST_CASE("beacons make a chain: each begins at the n of the one before and lists what changed",
          "[core][beacon_book][G6]") {
  beacon_book book{shard_id{7}};
  book.opened(mark_of(5, 30));
  (void)book.due();
  book.moved(mark_of(5, 31), {entry_of("a", 1)});
  book.moved(mark_of(5, 33), {entry_of("a", 2), entry_of("b", 9)});
  CHECK(*book.due() == beacon{shard_id{7}, term{5}, 2, attempt{30}, attempt{33}, {entry_of("a", 2), entry_of("b", 9)}});
  book.moved(mark_of(5, 34), {entry_of("c", 1)});
  CHECK(*book.due() == beacon{shard_id{7}, term{5}, 3, attempt{33}, attempt{34}, {entry_of("c", 1)}});
}

TEST_CASE("the last beacon is repeated for some periods, then the shard is silent", "[core][beacon_book][G6]") {
  beacon_book book{shard_id{7}, 1000, 3};
  book.opened(mark_of(5, 30));
  book.moved(mark_of(5, 31), {entry_of("a", 1)});
  const auto first = book.due();
  for (int i = 0; i < 3; ++i) {
    CHECK(book.has_news());
    CHECK(book.due() == first);
  }
  CHECK_FALSE(book.has_news());
  CHECK_FALSE(book.due());
}

TEST_CASE("news end the repeats of what was news before", "[core][beacon_book]") {
  beacon_book book{shard_id{7}, 1000, 2};
  book.opened(mark_of(5, 30));
  (void)book.due();
  (void)book.due();
  book.moved(mark_of(5, 31), {entry_of("a", 1)});
  CHECK(book.due()->number == 2);
  CHECK(book.due()->number == 2);
  CHECK(book.due()->number == 2);
  CHECK_FALSE(book.due());
}

TEST_CASE("a beacon that cannot list every head claims to span nothing", "[core][beacon_book][G6][G9]") {
  beacon_book book{shard_id{7}, 2};
  book.opened(mark_of(5, 30));
  (void)book.due();
  book.moved(mark_of(5, 31), {entry_of("a", 1), entry_of("b", 1), entry_of("c", 1)});
  book.moved(mark_of(5, 32), {entry_of("b", 2)});
  CHECK(*book.due() == beacon{shard_id{7}, term{5}, 2, attempt{32}, attempt{32}, {entry_of("a", 1), entry_of("b", 2)}});
  book.moved(mark_of(5, 33), {entry_of("a", 2)});
  CHECK(*book.due() == beacon{shard_id{7}, term{5}, 3, attempt{32}, attempt{33}, {entry_of("a", 2)}});
}

TEST_CASE("a later term forgets what the former one had to say", "[core][beacon_book][G7]") {
  beacon_book book{shard_id{7}};
  book.opened(mark_of(5, 30));
  book.moved(mark_of(5, 31), {entry_of("a", 1)});
  (void)book.due();
  book.moved(mark_of(5, 32), {entry_of("a", 2)});
  book.opened(mark_of(6, 40));
  CHECK(*book.due() == beacon{shard_id{7}, term{6}, 1, attempt{40}, attempt{40}, {}});
}

}  // namespace parley::testing
