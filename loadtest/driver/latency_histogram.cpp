#include "loadtest/driver/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace parley::load {

std::size_t latency_histogram::bucket_of(std::uint64_t ns) {
  constexpr std::uint64_t linear_end = std::uint64_t{1} << step_bits;
  if (ns < linear_end) return static_cast<std::size_t>(ns);
  const int shift = static_cast<int>(std::bit_width(ns)) - 1 - step_bits;
  const auto bucket = (static_cast<std::size_t>(shift + 1) << step_bits) + ((ns >> shift) & (linear_end - 1));
  return std::min(bucket, buckets - 1);
}

std::uint64_t latency_histogram::upper_edge(std::size_t bucket) {
  constexpr std::size_t linear_end = std::size_t{1} << step_bits;
  if (bucket < linear_end) return bucket;
  const auto shift = (bucket >> step_bits) - 1;
  return (((bucket & (linear_end - 1)) + linear_end + 1) << shift) - 1;
}

void latency_histogram::add(std::chrono::nanoseconds took) {
  const auto ns = std::max<std::int64_t>(took.count(), 0);
  ++counts_[bucket_of(static_cast<std::uint64_t>(ns))];
  ++count_;
  max_ = std::max(max_, ns);
}

void latency_histogram::add(const latency_histogram& other) {
  for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds latency_histogram::at(double share) const {
  if (count_ == 0) return std::chrono::nanoseconds{0};
  const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * double(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(max(), std::chrono::nanoseconds{static_cast<std::int64_t>(upper_edge(i))});
  }
  return max();
}

}  // namespace parley::load
