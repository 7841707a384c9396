#pragma once

#include "tests/checker/history.hpp"
#include "tests/checker/verdict.hpp"

#include <string>

namespace parley::checker {

/// One record, event or row as a line for people: number, seconds since the first record, what happened.
std::string describe(const history& what_happened, evidence shown);

/// A finding: the rule, the room, what is wrong, and a line for each piece of evidence.
std::string describe(const history& what_happened, const finding& found);

/// The whole verdict. Of each broken rule the finding with the least evidence (`all`: each that was kept), what was
/// missing, and what was counted.
std::string describe(const history& what_happened, const verdict& reached, bool all = false);

}  // namespace parley::checker
