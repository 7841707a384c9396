#pragma once

#include "actors/core/time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// How often one event may be logged: the first `lines_max` of each `window`; the others are counted. So a failure that
/// comes a thousand times a second costs a few lines. Not thread-safe.
class repeat_limit {
public:
  struct suppressed {
    std::string event;
    std::uint64_t lines;
  };

  explicit repeat_limit(std::uint32_t lines_max = 20, milliseconds window = seconds{10})
      : lines_max_(lines_max), window_(window) {}

  bool admits(std::string_view event, instant now);
  /// What was held back in windows that have ended since; each is reported once.
  std::vector<suppressed> ended(instant now);

private:
  struct count {
    instant begin;
    std::uint32_t lines = 0;
    std::uint64_t held_back = 0;
  };

  // Event names are constants of the code, so that the map is as small as the code's list of them.
  std::map<std::string, count, std::less<>> counts_;
  std::uint32_t lines_max_;
  milliseconds window_;
};

}  // namespace parley
