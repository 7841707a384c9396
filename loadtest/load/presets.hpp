#pragma once

#include "loadtest/load/parameters.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace parley::load {

/// A scenario's name and what it starts from. Every parameter of every scenario can be changed: a name only says what
/// is usual, so scenarios combine.
struct preset {
  std::string_view name;
  std::string_view what;  ///< for `--help`
  void (*apply)(parameters&);
};

const std::vector<preset>& presets();
const preset* find_preset(std::string_view name);

}  // namespace parley::load
