#pragma once

#include "node/configuration.hpp"
#include "node/setting.hpp"

#include <algorithm>

namespace parley {

/// What a node is told in a test: arguments, environment, and one file's text.
struct told {
  std::vector<std::string> arguments;
  environment variables;
  std::string file;

  reading read() const {
    auto all = arguments;
    if (!file.empty()) all.insert(all.begin(), {"--config", "parleyd.toml"});
    return read_configuration(all, variables, [this](const std::string&) { return file_text{file, ""}; });
  }
};

inline std::ostream& operator<<(std::ostream& out, const mistake& m) { return out << m.where << ": " << m.text; }

inline bool has(const std::vector<mistake>& mistakes, const std::string& where, const std::string& part) {
  return std::ranges::any_of(
      mistakes, [&](const mistake& m) { return m.where == where && m.text.find(part) != std::string::npos; });
}

}  // namespace parley
