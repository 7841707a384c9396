#pragma once

#include <stdexcept>
#include <string>

namespace parley::load {

/// As sysexits.h has them where it has them.
enum class exit_code : int {
  ok = 0,
  violated = 1,      ///< the checker saw a rule broken, or a soak drifted
  usage = 64,        ///< the command line is wrong
  wrong_file = 65,   ///< the scenario file is wrong
  no_input = 66,     ///< a file to read is not there
  unreachable = 69,  ///< a target cannot be reached, refuses, or went away for good
  internal = 70,
  no_resources = 71,  ///< this machine lacks descriptors, ports or a source address
  cannot_write = 73,  ///< the result's file
  interrupted = 130,  ///< by SIGINT or SIGTERM, without a violation so far
};

/// Why there is no load, or no more of it. Caught in `main` or by the run, which then still writes what it has.
class refusal : public std::runtime_error {
public:
  refusal(exit_code code, const std::string& why) : std::runtime_error(why), code_(code) {}
  exit_code code() const { return code_; }

private:
  exit_code code_;
};

}  // namespace parley::load
