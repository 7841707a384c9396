#pragma once

#include "node/configuration.hpp"
#include "node/settings_file.hpp"

#include <vector>

namespace parley {

/// Reads PARLEY_...; PARLEY_CONFIG is not among the values. Other variables are nobody's business here.
std::vector<given_value> read_settings_environment(const environment& variables, std::vector<mistake>& mistakes);

}  // namespace parley
