#pragma once

#include "loadtest/load/parameters.hpp"

#include <string>

namespace parley::load {

/// What this load could check at most, on one core of this machine.
struct ceiling {
  double per_s = 0;  ///< 0: not measured
  std::string what;
};

/// Reads, checks and counts what a sink in a thread of its own sends over loopback, for about a second, just as in a
/// run: the same texts, the same encoding. Counted by this thread's CPU time, so that whoever shares the cores does not
/// lower it.
/// @throws refusal (internal) where the check finds fault with the sink
ceiling measure_ceiling(const parameters& values, double seconds = 1);

}  // namespace parley::load
