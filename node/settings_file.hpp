#pragma once

#include "node/configuration.hpp"
#include "node/setting.hpp"

#include <string>
#include <vector>

namespace parley {

/// A value as a source gave it, before it is judged.
struct given_value {
  const setting* what;
  raw_value value;
  std::string where;
};

/// Reads a TOML file's text. What it does not understand becomes a mistake with its line; the rest is read all the
/// same.
std::vector<given_value> read_settings_file(const std::string& path, const std::string& text,
                                            std::vector<mistake>& mistakes);

}  // namespace parley
