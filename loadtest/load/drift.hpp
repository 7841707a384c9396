#pragma once

#include "loadtest/load/process_watch.hpp"
#include "loadtest/load/recorder.hpp"

#include <string>
#include <vector>

namespace parley::load {

/// How one figure changed from the first quarter of a run to its last.
struct drift_line {
  std::string what;
  double first = 0, last = 0;  ///< means over the quarter's intervals
  double percent = 0;          ///< of the first; growth is positive
  bool is_worse = false;       ///< a rate that fell, or a latency or memory that grew
};

/// Empty where there are fewer than 8 intervals: quarters of one interval say nothing.
std::vector<drift_line> drift_of(const recorder::series& series, const std::vector<process_watch::samples>& processes);

}  // namespace parley::load
