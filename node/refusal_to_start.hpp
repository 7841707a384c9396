#pragma once

#include "node/exit_code.hpp"

#include <stdexcept>
#include <string>

namespace parley {

/// Why the node does not start. Caught in main, which prints it and ends with the code.
class refusal_to_start : public std::runtime_error {
public:
  refusal_to_start(exit_code code, const std::string& why) : std::runtime_error(why), code_(code) {}

  exit_code code() const { return code_; }

private:
  exit_code code_;
};

}  // namespace parley
