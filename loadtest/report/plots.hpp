#pragma once

#include "loadtest/report/run_result.hpp"

#include <string>
#include <vector>

namespace parley::load::reporting {

/// What page/report.js draws, as JSON: {"charts":[{"group","title","x":"percentile"|"time","y":"us"|"per_s"|"cores"|
/// "bytes","lines":[{"label","colour":0..,"dash":0..,"x":[..],"y":[..]}]}]}. Charts without anything to show are left
/// out.
std::string plots_of(const std::vector<run_result>& runs);

}  // namespace parley::load::reporting
