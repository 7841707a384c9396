#pragma once

#include "loadtest/load/exit_code.hpp"
#include "loadtest/load/process_watch.hpp"
#include "loadtest/load/scenario_file.hpp"

#include <string>
#include <vector>

namespace parley::load {

/// What a run is asked for beside its scenario.
struct run_options {
  std::vector<watched_process> watched;
  std::string output;  ///< the result's file; "-": standard output; empty: a name of its own in this folder
  bool is_quiet = false;
  bool measures_ceiling = true;
  bool tells_begin = false;  ///< a line `begin` on standard output when measuring begins, for scripts
};

/// Runs one scenario from the first look at the machine to the result's file. Blocks; one at a time.
/// @throws refusal where nothing was sent yet: a wrong scenario, no target, too few descriptors
exit_code run_scenario(const scenario& what, const run_options& options);

}  // namespace parley::load
