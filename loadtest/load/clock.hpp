#pragma once

#include <chrono>
#include <cstdint>

namespace parley::load {

/// The machine's steady clock in ns: one for all processes, so that one generator can time another's events.
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline std::int64_t ns_of(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }
inline double seconds_of(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

inline std::chrono::steady_clock::time_point moment_of(std::int64_t ns) {
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(ns));
}

}  // namespace parley::load
