#pragma once

#include "actors/core/time.hpp"

namespace parley {

/// The two clocks of the machine that a node runs on. Thread-safe. For shells only: a core gets the time as an
/// argument. A port, so that a simulated machine can have clocks of its own that drift and jump.
class machine_clock {
public:
  virtual ~machine_clock() = default;

  virtual instant boot_now() const = 0;
  /// Never used for a decision about order or ownership.
  virtual unix_time unix_now() const = 0;
};

}  // namespace parley
