#pragma once

#include "loadtest/load/ceiling.hpp"
#include "loadtest/load/drift.hpp"
#include "loadtest/load/parameters.hpp"
#include "loadtest/load/process_watch.hpp"
#include "loadtest/load/recorder.hpp"
#include "loadtest/load/violations.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::load {

/// What an overload found.
struct overload_outcome {
  double peak_per_s = 0;     ///< acks/s of the closed loop before
  double offered_per_s = 0;  ///< publishes/s that fell due
  double goodput_per_s = 0;  ///< acks/s of those
};

/// Everything that a run leaves behind. Borrows what the run owns.
struct run_result {
  std::string scenario, started, version, commit;
  const parameters& values;
  const recorder& measured;
  const load::violations& found;
  bool is_partial = false;
  std::size_t connections = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::vector<process_watch::samples> processes = {};
  double generator_cpu_s = 0, interval_s = 1;
  load::ceiling ceiling = {};
  /// The load came within half of its ceiling, or used more than half a core: what it says may be about itself.
  bool is_above_half = false;
  std::optional<overload_outcome> overload = {};
  std::vector<drift_line> drift = {};
};

/// The result file, `parley-load/1` (docs/load.md), as one line of JSON.
std::string result_json(const run_result& result);

/// For people: what was measured, what was wrong.
std::string summary(const run_result& result);

}  // namespace parley::load
