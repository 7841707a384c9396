#include "loadtest/load/latency_histogram.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace parley::load {

using std::chrono::nanoseconds;

TEST_CASE("a percentile of the histogram lies within 0.8 % above the true one, at every size", "[load][histogram]") {
  const auto seed = GENERATE(take(20, random(1u, 1'000'000u)));
  CAPTURE(seed);
  std::minstd_rand chance(seed);
  std::vector<std::int64_t> all;
  latency_histogram h;
  for (int n = 0; n < 2000; ++n) {
    // From 1 ns to a day, by orders of magnitude.
    const auto ns =
        static_cast<std::int64_t>(std::exp(std::uniform_real_distribution<double>(0, std::log(8.64e13))(chance)));
    all.push_back(ns);
    h.add(nanoseconds(ns));
  }
  std::ranges::sort(all);
  for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 2000)) - 1;
    const auto truth = static_cast<double>(all[rank]), told = static_cast<double>(h.at(share).count());
    CHECK(told >= truth);
    CHECK(told <= truth * 1.008);
  }
  CHECK(h.min().count() == all.front());
  CHECK(h.max().count() == all.back());
}

TEST_CASE("nothing is cut off: the longest that a clock can tell has its own step", "[load][histogram]") {
  latency_histogram h;
  h.add(nanoseconds(INT64_MAX));
  h.add(nanoseconds(INT64_MAX / 2));
  CHECK(h.at(1).count() == INT64_MAX);
  CHECK(static_cast<double>(h.at(0.5).count()) < 0.51 * 9.3e18);
}

TEST_CASE("what ended before it was due took nothing", "[load][histogram]") {
  latency_histogram h;
  h.add(nanoseconds(-5));
  CHECK(h.count() == 1);
  CHECK(h.max().count() == 0);
  CHECK(h.min().count() == 0);
}

TEST_CASE("an empty histogram says nothing but zeros", "[load][histogram]") {
  const latency_histogram h;
  CHECK(h.at(0.99).count() == 0);
  CHECK(h.mean().count() == 0);
  CHECK(h.min().count() == 0);
}

TEST_CASE("histograms add up to the histogram of all", "[load][histogram]") {
  latency_histogram both, one, other;
  for (int n = 1; n <= 1000; ++n) {
    both.add(nanoseconds(n * 997));
    (n % 3 == 0 ? one : other).add(nanoseconds(n * 997));
  }
  one.add(other);
  CHECK(one.count() == both.count());
  CHECK(one.mean() == both.mean());
  CHECK(one.min() == both.min());
  CHECK(one.max() == both.max());
  for (const double share : {0.1, 0.5, 0.99}) CHECK(one.at(share) == both.at(share));
}

TEST_CASE("its steps ascend and hold every value once", "[load][histogram]") {
  latency_histogram h;
  for (int n = 0; n < 5000; ++n) h.add(nanoseconds(n * n));
  std::uint64_t sum = 0;
  nanoseconds before{-1};
  h.each([&](nanoseconds upper, std::uint64_t count) {
    CHECK(upper > before);
    CHECK(count > 0);
    before = upper;
    sum += count;
  });
  CHECK(sum == 5000);
}

}  // namespace parley::load
