#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace parley::load {

/// Counts of latencies by steps of less than 0.8 %, over all that a clock can tell (1 ns to 292 years): nothing is cut
/// off (docs/decisions/0010). Adding is a few instructions and allocates nothing. Histograms of several threads or
/// runs add up; percentiles do not. One thread.
class latency_histogram {
public:
  /// What took less than nothing counts as nothing.
  void add(std::chrono::nanoseconds took);
  void add(const latency_histogram& other);
  void clear() { *this = {}; }

  std::uint64_t count() const { return count_; }
  /// The very smallest and largest; 0 where nothing was added.
  std::chrono::nanoseconds min() const { return std::chrono::nanoseconds{count_ == 0 ? 0 : min_}; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds{max_}; }
  std::chrono::nanoseconds mean() const;
  /// @param share 0 to 1; the upper edge of the step where that share of all is reached; 0 where nothing was added
  std::chrono::nanoseconds at(double share) const;
  /// Each step that holds something, ascending: its largest value, and how many.
  void each(const std::function<void(std::chrono::nanoseconds upper, std::uint64_t count)>& told) const;

private:
  // A power of two is cut into 128 steps: the 7 bits below the leading one name the step.
  static constexpr int step_bits = 7;
  static constexpr int top_bits = 63;
  static constexpr std::size_t steps = static_cast<std::size_t>(top_bits - step_bits + 1) << step_bits;

  static std::size_t step_of(std::uint64_t ns);
  static std::uint64_t upper_edge(std::size_t step);

  std::array<std::uint64_t, steps> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0, max_ = 0;
  double sum_ = 0;
};

/// The unit of results.
inline double microseconds_of(std::chrono::nanoseconds t) { return static_cast<double>(t.count()) / 1000; }

}  // namespace parley::load
