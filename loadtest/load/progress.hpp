#pragma once

#include "loadtest/load/stage.hpp"

#include <string>

namespace parley::load {

/// What a person who waits sees on standard error: a line that is written anew on a terminal, else one each time.
class progress {
public:
  explicit progress(bool is_quiet);
  ~progress();

  /// Before what is measured: "connecting", "filling". At most some times a second.
  void preparing(const std::string& what, std::size_t done, std::size_t all);
  /// At the end of each interval. @param left_s until the end of what is measured
  void interval(const stage& shared, double interval_s, double left_s);

private:
  void say(const std::string& line);

  const bool is_quiet_, is_terminal_;
  std::int64_t said_ns_ = 0;
  bool is_line_open_ = false;
};

}  // namespace parley::load
