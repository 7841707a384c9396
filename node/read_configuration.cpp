#include "node/command_line.hpp"
#include "node/configuration.hpp"
#include "node/settings_environment.hpp"
#include "node/settings_file.hpp"

#include <algorithm>

namespace parley {
namespace {

/// Weakest source first, so that a stronger one overwrites it.
void assign_all(reading& r, const std::vector<given_value>& values) {
  for (const auto& v : values) {
    if (auto complaint = v.what->assign(r.options, v.value)) {
      r.mistakes.push_back({v.where, v.what->key + ": " + *complaint});
    } else {
      r.set_where[v.what->key] = v.where;
    }
  }
}

std::string config_path(const command_line& line, const environment& variables) {
  if (!line.config_path.empty()) return line.config_path;
  const auto named = std::ranges::find(variables, "PARLEY_CONFIG", &environment::value_type::first);
  return named == variables.end() ? std::string{} : named->second;
}

}  // namespace

reading read_configuration(const std::vector<std::string>& arguments, const environment& variables,
                           const file_reader& read_file) {
  reading r;
  const auto line = read_command_line(arguments, r.mistakes);
  r.command = line.command;
  r.help = line.help;
  r.config_path = config_path(line, variables);
  if (r.command == command::help || r.command == command::version) return r;

  if (!r.config_path.empty()) {
    const auto file = read_file(r.config_path);
    if (file.text) {
      assign_all(r, read_settings_file(r.config_path, *file.text, r.mistakes));
    } else {
      r.mistakes.push_back({r.config_path, file.failure});
    }
  }
  assign_all(r, read_settings_environment(variables, r.mistakes));
  assign_all(r, line.values);
  return r;
}

std::string report(const std::vector<mistake>& mistakes) {
  std::string out = "parleyd: " + std::to_string(mistakes.size()) + (mistakes.size() == 1 ? " mistake" : " mistakes") +
                    " in the configuration, nothing was started\n";
  for (const auto& m : mistakes) out += "  " + (m.where.empty() ? "" : m.where + ": ") + m.text + "\n";
  return out;
}

}  // namespace parley
