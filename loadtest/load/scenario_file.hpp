#pragma once

#include "loadtest/load/parameters.hpp"

#include <string>
#include <vector>

namespace parley::load {

/// A scenario with its name, ready to run but for what the machine says to it.
struct scenario {
  std::string name;
  parameters values;
};

/// Reads a scenario file: TOML, `scenario = "NAME"` (docs/load.md), then any parameter by its key. The scenario's own
/// values come first, then the file's.
/// @param path for messages
/// @param mistakes all of them, each with its line
scenario read_scenario(const std::string& path, const std::string& text, std::vector<mistake>& mistakes);

}  // namespace parley::load
