#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace parley::load {

/// Counts of latencies, exact to 1.6 %, from 1 ns to about 9 minutes; longer ones count as the longest. Adding is a
/// few instructions and allocates nothing. Histograms of several threads or runs add up; percentiles do not.
class latency_histogram {
public:
  void add(std::chrono::nanoseconds took);
  void add(const latency_histogram& other);

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds{max_}; }
  /// @param share 0 to 1; the upper edge of the bucket where that share of all is reached; 0 where nothing was added
  std::chrono::nanoseconds at(double share) const;

private:
  // A power of two is cut into 64 steps: the first 6 bits below the leading one name the step.
  static constexpr int step_bits = 6;
  static constexpr int top_bits = 39;
  static constexpr std::size_t buckets = static_cast<std::size_t>(top_bits - step_bits + 1) << step_bits;

  static std::size_t bucket_of(std::uint64_t ns);
  static std::uint64_t upper_edge(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace parley::load
