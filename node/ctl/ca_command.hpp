#pragma once

#include <CLI/App.hpp>

namespace parley::ctl {

/// Adds `ca init` and `ca issue`; each is carried out while the command line is parsed. @throws refusal
void add_ca(CLI::App& app, const bool& is_json);

}  // namespace parley::ctl
