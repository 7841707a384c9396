#include "loadtest/load/arrival.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace parley::load {
namespace {

constexpr std::int64_t second = 1'000'000'000;

/// How many fall due in each of so many seconds.
std::vector<int> counts(arrival all, std::int64_t begin, std::size_t seconds) {
  std::vector<int> found(seconds);
  for (; all.next_ns() < begin + static_cast<std::int64_t>(seconds) * second; all.advance())
    ++found[static_cast<std::size_t>((all.next_ns() - begin) / second)];
  return found;
}

}  // namespace

TEST_CASE("an open loop is due as often as its rate says, at random moments", "[load][arrival]") {
  const auto seed = GENERATE(take(10, random(1u, 1'000'000u)));
  CAPTURE(seed);
  const auto found = counts(arrival(1000, 5 * second, 0, seed), 5 * second, 100);
  double sum = 0, squares = 0;
  for (const int n : found) {
    sum += n;
    squares += n * n;
  }
  const double mean = sum / 100, variance = squares / 100 - mean * mean;
  CHECK(std::abs(mean - 1000) < 20);  // six standard errors
  // Of a Poisson process the variance of a count is its mean: far from the 0 of a metronome.
  CHECK(variance > 400);
  CHECK(variance < 2500);
}

TEST_CASE("the rate rises evenly over the ramp", "[load][arrival]") {
  const auto found = counts(arrival(1000, 0, 10 * second, 7), 0, 12);
  for (int s = 0; s < 10; ++s) {
    CAPTURE(s);
    CHECK(std::abs(found[static_cast<std::size_t>(s)] - (100 * s + 50)) < 200);
  }
  CHECK(found[0] < 110);
  CHECK(std::abs(found[10] - 1000) < 200);
  CHECK(std::abs(found[11] - 1000) < 200);
}

TEST_CASE("each moment is later than the one before, however fast they come", "[load][arrival]") {
  arrival all(1e9, 0, 0, 3);
  for (int n = 0; n < 10000; ++n) {
    const auto before = all.next_ns();
    all.advance();
    REQUIRE(all.next_ns() > before);
  }
}

TEST_CASE("what falls due does not depend on when it is asked for", "[load][arrival]") {
  arrival one(50, 0, 0, 9), other(50, 1000, 0, 9);
  for (int n = 0; n < 100; ++n) {
    CHECK(other.next_ns() - one.next_ns() == 1000);
    one.advance();
    other.advance();
  }
}

}  // namespace parley::load
