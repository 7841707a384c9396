#include "node/settings_environment.hpp"

#include "node/spelling.hpp"

#include <algorithm>

namespace parley {
namespace {

/// Kubernetes sets these for a service that is called "parley"; they are not meant for us.
bool is_of_an_orchestrator(const std::string& name) {
  return name.rfind("PARLEY_SERVICE_", 0) == 0 || name == "PARLEY_PORT" || name.rfind("PARLEY_PORT_", 0) == 0;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names{"PARLEY_CONFIG"};
  for (const auto& s : settings()) names.push_back(s.environment_name());
  return names;
}

}  // namespace

std::vector<given_value> read_settings_environment(const environment& variables, std::vector<mistake>& mistakes) {
  std::vector<given_value> found;
  for (const auto& [name, text] : variables) {
    if (name.rfind("PARLEY_", 0) != 0 || name == "PARLEY_CONFIG" || is_of_an_orchestrator(name)) continue;
    const auto known = std::ranges::find(settings(), name, &setting::environment_name);
    if (known == settings().end()) {
      mistakes.push_back({name, "unknown variable" + did_you_mean(name, known_names())});
    } else if (auto value = from_text(known->kind, text)) {
      found.push_back({&*known, std::move(*value), name});
    } else {
      mistakes.push_back({name, toml_text(text) + " is not " + std::string{what_it_takes(known->kind)}});
    }
  }
  return found;
}

}  // namespace parley
