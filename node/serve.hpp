#pragma once

#include "node/configuration.hpp"
#include "node/exit_code.hpp"

#include <functional>
#include <string>

namespace parley {

/// Runs a node until it is told to stop. @param read_again the configuration as it is told now, for SIGHUP
/// @throws refusal_to_start
exit_code serve(const reading& told, const std::function<reading()>& read_again, const std::string& version);

}  // namespace parley
