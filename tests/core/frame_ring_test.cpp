#include "actors/core/frame_ring.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>

namespace parley::testing {

TEST_CASE("a ring is a queue, whatever comes and leaves", "[core][frame_ring]") {
  const auto seed = GENERATE(take(20, random(1u, 1'000'000u)));
  CAPTURE(seed);
  std::minstd_rand chance(seed);
  frame_ring<std::shared_ptr<int>> ring;
  std::deque<int> expected;
  for (int n = 0; n < 1000; ++n) {
    if (!expected.empty() && chance() % 100 < 45) {
      expected.pop_front();
      ring.pop_front();
    } else if (chance() % 200 == 0) {
      expected.clear();
      ring.clear();
    } else {
      expected.push_back(n);
      ring.push_back(std::make_shared<int>(n));
    }
    REQUIRE(ring.size() == expected.size());
    REQUIRE(ring.empty() == expected.empty());
    if (!expected.empty()) REQUIRE(*ring.front() == expected.front());
    REQUIRE(std::equal(ring.begin(), ring.end(), expected.begin(), expected.end(),
                       [](const auto& frame, int number) { return *frame == number; }));
  }
}

TEST_CASE("a frame that left a ring is let go of at once", "[core][frame_ring][G9]") {
  frame_ring<std::shared_ptr<int>> ring;
  for (int n = 0; n < 5; ++n) ring.push_back(std::make_shared<int>(n));
  const std::weak_ptr<int> oldest = ring.front();
  ring.pop_front();
  CHECK(oldest.expired());
}

}  // namespace parley::testing
