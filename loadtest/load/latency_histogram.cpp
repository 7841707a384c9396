#include "loadtest/load/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace parley::load {

std::size_t latency_histogram::step_of(std::uint64_t ns) {
  constexpr std::uint64_t linear_end = std::uint64_t{1} << step_bits;
  if (ns < linear_end) return static_cast<std::size_t>(ns);
  const int shift = static_cast<int>(std::bit_width(ns)) - 1 - step_bits;
  return (static_cast<std::size_t>(shift + 1) << step_bits) + ((ns >> shift) & (linear_end - 1));
}

std::uint64_t latency_histogram::upper_edge(std::size_t step) {
  constexpr std::size_t linear_end = std::size_t{1} << step_bits;
  if (step < linear_end) return step;
  const auto shift = (step >> step_bits) - 1;
  return ((static_cast<std::uint64_t>(step & (linear_end - 1)) + linear_end + 1) << shift) - 1;
}

void latency_histogram::add(std::chrono::nanoseconds took) {
  const auto ns = std::max<std::int64_t>(took.count(), 0);
  ++counts_[step_of(static_cast<std::uint64_t>(ns))];
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  sum_ += static_cast<double>(ns);
  ++count_;
}

void latency_histogram::add(const latency_histogram& other) {
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < steps; ++i) counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  count_ += other.count_;
}

std::chrono::nanoseconds latency_histogram::mean() const {
  return std::chrono::nanoseconds{count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / static_cast<double>(count_))};
}

std::chrono::nanoseconds latency_histogram::at(double share) const {
  if (count_ == 0) return std::chrono::nanoseconds{0};
  const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * double(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(max(), std::chrono::nanoseconds{static_cast<std::int64_t>(upper_edge(i))});
  }
  return max();
}

void latency_histogram::each(
    const std::function<void(std::chrono::nanoseconds upper, std::uint64_t count)>& told) const {
  for (std::size_t i = 0; i < steps; ++i)
    if (counts_[i] > 0) told(std::chrono::nanoseconds{static_cast<std::int64_t>(upper_edge(i))}, counts_[i]);
}

}  // namespace parley::load
