#pragma once

#include <chrono>

namespace parley {

/// A point on this machine's boot clock (`CLOCK_BOOTTIME`: it goes on while the machine sleeps, and no step of the wall
/// clock moves it). Only shells read it; a core gets it as an argument.
struct boot_clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<boot_clock, duration>;
  static constexpr bool is_steady = true;
};
using instant = boot_clock::time_point;

/// A calendar time with the protocol's resolution: milliseconds since the Unix epoch.
using unix_time = std::chrono::sys_time<std::chrono::milliseconds>;

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace parley
