#pragma once

#include <string_view>

namespace parley::load::planning {

/// A file of loadtest/plan that travels inside the program: `costs.toml`.
std::string_view asset(std::string_view name);

}  // namespace parley::load::planning
