#pragma once

#include "loadtest/report/run_result.hpp"

#include <string>
#include <vector>

namespace parley::load::reporting {

/// The whole report as one HTML file that needs nothing else, neither a network nor a second file: tables as HTML,
/// plots by uPlot. Its content security policy lets only the two scripts of ours run, named by their hashes.
/// @param runs at least one; the first is what the others are compared with
std::string page_of(const std::vector<run_result>& runs);

}  // namespace parley::load::reporting
