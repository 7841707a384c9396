#pragma once

#include "node/configuration.hpp"
#include "node/settings_file.hpp"

#include <string>
#include <vector>

namespace parley {

struct command_line {
  parley::command command = parley::command::serve;
  std::string config_path;
  std::string help;
  std::vector<given_value> values;
};

/// Reads the flags; what it does not understand becomes a mistake, the rest is read all the same.
command_line read_command_line(const std::vector<std::string>& arguments, std::vector<mistake>& mistakes);

}  // namespace parley
