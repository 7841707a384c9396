#include "loadtest/load/arrival.hpp"

#include <algorithm>
#include <cmath>

namespace parley::load {

arrival::arrival(double rate, std::int64_t begin_ns, std::int64_t ramp_ns, std::uint64_t seed)
    : rate_(rate), begin_ns_(begin_ns), ramp_ns_(ramp_ns), next_ns_(begin_ns), chance_(seed) {
  advance();
}

void arrival::advance() {
  expected_ += std::exponential_distribution<double>(1)(chance_);
  // How many are expected by time t: rate * t^2 / (2 * ramp) while it rises, then rate * (t - ramp / 2). This is its
  // inverse, which turns a process of rate 1 into ours.
  const double ramp = static_cast<double>(ramp_ns_) / 1e9, units = expected_ / rate_;
  const double seconds = units < ramp / 2 ? std::sqrt(2 * units * ramp) : units + ramp / 2;
  next_ns_ = std::max(next_ns_ + 1, begin_ns_ + static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace parley::load
