#pragma once

#include <stdexcept>
#include <string>

namespace parley::ctl {

/// What the program's end means; `parleyctl --help` lists them. The numbers are sysexits(3)'s.
enum class exit_code : int {
  ok = 0,
  usage = 64,         ///< the command line is wrong, or names what is not there: nothing was done
  no_input = 66,      ///< a file that the command reads is missing or broken
  unavailable = 69,   ///< a database is out of reach, or refuses
  internal = 70,      ///< a bug, or a library that failed
  cannot_make = 73,   ///< what the command would write exists, or cannot be written
  not_yet = 75,       ///< the wish is written, and was not fulfilled in the time that the command waits
  incompatible = 78,  ///< a database has no schema or another version's, or is not the cluster's
};

class refusal : public std::runtime_error {
public:
  refusal(exit_code code, const std::string& why) : std::runtime_error(why), code_(code) {}
  exit_code code() const { return code_; }

private:
  exit_code code_;
};

}  // namespace parley::ctl
