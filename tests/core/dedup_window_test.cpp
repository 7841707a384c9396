#include "actors/core/dedup_window.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <utility>

namespace parley::testing {

TEST_CASE("a key is found with its first result", "[core][dedup_window][G5]") {
  dedup_window keys;
  CHECK(keys.find("ana", "c-1") == nullptr);
  keys.remember("ana", "c-1", {at(3, 41), today, digest_of(1)});
  const auto* first = keys.find("ana", "c-1");
  REQUIRE(first != nullptr);
  CHECK(first->where == at(3, 41));
  CHECK(first->at == today);
  CHECK(first->digest == digest_of(1));
}

TEST_CASE("a key belongs to its sender, wherever the two strings meet", "[core][dedup_window][G5]") {
  dedup_window keys;
  keys.remember("ana", "c-1", {at(3, 41), today, digest_of(1)});
  CHECK(keys.find("bob", "c-1") == nullptr);
  CHECK(keys.find("anac", "-1") == nullptr);
  CHECK(dedup_window::key_of("a", "bc") != dedup_window::key_of("ab", "c"));
}

TEST_CASE("the first result of a key stays the first", "[core][dedup_window][G5]") {
  dedup_window keys;
  keys.remember("ana", "c-1", {at(3, 41), today, digest_of(1)});
  keys.remember("ana", "c-1", {at(3, 99), today + 5ms, digest_of(2)});
  CHECK(keys.find("ana", "c-1")->where == at(3, 41));
  CHECK(keys.size() == 1);
}

TEST_CASE("of too many keys the oldest is forgotten", "[core][dedup_window][G9]") {
  dedup_window keys{2};
  for (std::uint64_t s = 1; s <= 3; ++s) keys.remember("ana", std::to_string(s), {at(1, s), today, {}});
  CHECK(keys.size() == 2);
  CHECK(keys.find("ana", "1") == nullptr);
  CHECK(keys.find("ana", "2") != nullptr);
  CHECK(keys.find("ana", "3") != nullptr);
}

TEST_CASE("a repeated key does not push others out", "[core][dedup_window][G9]") {
  dedup_window keys{2};
  keys.remember("ana", "1", {at(1, 1), today, {}});
  for (int i = 0; i < 5; ++i) keys.remember("ana", "2", {at(1, 2), today, {}});
  CHECK(keys.find("ana", "1") != nullptr);
}

TEST_CASE("whatever is remembered and repeated, the newest keys are there with their first results, and no others",
          "[core][dedup_window][G5]") {
  constexpr std::size_t most = 16;
  dedup_window keys{most};
  std::deque<std::pair<std::string, std::uint64_t>> expected;
  std::minstd_rand random(7);
  for (std::uint64_t n = 1; n <= 5000; ++n) {
    const auto id = std::to_string(random() % 40);
    if (std::ranges::find(expected, id, &std::pair<std::string, std::uint64_t>::first) == expected.end()) {
      expected.emplace_back(id, n);
      if (expected.size() > most) expected.pop_front();
    }
    keys.remember("ana", id, {at(1, n), today, {}});
  }
  CHECK(keys.size() == most);
  std::size_t found = 0;
  for (int id = 0; id < 40; ++id) found += keys.find("ana", std::to_string(id)) != nullptr ? 1 : 0;
  CHECK(found == most);
  for (const auto& [id, n] : expected) {
    CAPTURE(id);
    REQUIRE(keys.find("ana", id) != nullptr);
    CHECK(keys.find("ana", id)->where == at(1, n));
  }
}

TEST_CASE("a window of no keys remembers nothing", "[core][dedup_window][G9]") {
  dedup_window keys{0};
  keys.remember("ana", "1", {at(1, 1), today, {}});
  CHECK(keys.find("ana", "1") == nullptr);
}

}  // namespace parley::testing
