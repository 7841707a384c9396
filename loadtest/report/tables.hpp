#pragma once

#include "loadtest/report/run_result.hpp"

#include <string>
#include <vector>

namespace parley::load::reporting {

/// How the report names run `n` in tables and legends: A, B, C, ...
std::string letter_of(std::size_t n);

/// Pieces of the page's body, as HTML. None of them needs a script.

/// Violations and runs that ended early, with the evidence: first of all, and in red.
std::string verdict(const std::vector<run_result>& runs);
/// What would make a reader misread the figures: other machines, other parameters, a generator near its ceiling.
std::string cautions(const std::vector<run_result>& runs);
/// Scenario, machine, version and totals, one column a run.
std::string origins(const std::vector<run_result>& runs);
/// Every figure of every run, and the ratio to the first run's.
std::string comparison(const std::vector<run_result>& runs);

}  // namespace parley::load::reporting
