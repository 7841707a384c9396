#pragma once

#include <cstdint>
#include <random>

namespace parley::load {

/// When things fall due in an open loop: a Poisson process, so at random moments, whether or not what was due before
/// has been done. Who measures from these moments on, and not from when he got round to it, omits no waiting
/// ("coordinated omission"). Knows no clock.
class arrival {
public:
  /// @param rate per second, above 0
  /// @param begin_ns of a clock of the caller's
  /// @param ramp_ns over this long the rate rises evenly from nothing
  arrival(double rate, std::int64_t begin_ns, std::int64_t ramp_ns, std::uint64_t seed);

  std::int64_t next_ns() const { return next_ns_; }
  /// To the one after; each later than the one before.
  void advance();

private:
  double rate_;
  std::int64_t begin_ns_, ramp_ns_, next_ns_;
  double expected_ = 0;  ///< of a process of rate 1 per unit: its time
  std::mt19937_64 chance_;
};

}  // namespace parley::load
