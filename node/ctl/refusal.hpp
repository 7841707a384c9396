#pragma once

#include <stdexcept>
#include <string>

namespace parley::ctl {

/// What the program's end means; `parleyctl --help` lists them. The numbers are sysexits(3)'s.
enum class exit_code : int {
  ok = 0,
  usage = 64,        ///< the command line is wrong: nothing was done
  no_input = 66,     ///< a file that the command reads is missing or broken
  internal = 70,     ///< a bug, or a library that failed
  cannot_make = 73,  ///< what the command would write exists, or cannot be written
};

class refusal : public std::runtime_error {
public:
  refusal(exit_code code, const std::string& why) : std::runtime_error(why), code_(code) {}
  exit_code code() const { return code_; }

private:
  exit_code code_;
};

}  // namespace parley::ctl
