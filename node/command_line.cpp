#include "node/command_line.hpp"

#include "node/spelling.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <deque>

namespace parley {
namespace {

constexpr auto about =
    "parleyd: one node of Parley, a self-hosted realtime chat backend.\n"
    "`parleyd --dev` needs no configuration: embedded, users by name, a page at /.";

constexpr auto footer =
    "Every setting has three places: a flag (above), the environment (PARLEY_LIMITS_FRAME_BYTES), and the file\n"
    "([limits] frame_bytes). A flag wins over the environment, that over the file, that over the default. Lists are\n"
    "repeated flags; in the environment ';' or a line end parts their items. Give passwords by the file, the\n"
    "environment or PGPASSFILE: arguments are visible to every user of the machine.\n"
    "\n"
    "Signals: TERM and INT drain (sessions are told to reconnect, what is under way is finished), a second one ends "
    "at\n"
    "once; HUP reads log_level again.\n"
    "\n"
    "Exit codes: 0 a clean end; 64 the command line, environment or file is wrong; 69 a database that the start needs\n"
    "is out of reach; 70 an internal failure, a disk that failed at commit, or a stop that hung; 73 the port, the\n"
    "data folder or the node's name belongs to another process; 78 the database is of a newer version or of another "
    "cluster.";

std::string group_of(const setting& s) { return s.table().empty() ? "Node" : "[" + s.table() + "]"; }

/// CLI11 keeps references to where it stores, hence the deque.
struct taken {
  const setting* what;
  std::vector<std::string> texts;
  std::string truth;
  CLI::Option* option;
};

void add_settings(CLI::App& app, std::deque<taken>& all) {
  for (const auto& s : settings()) {
    auto& t = all.emplace_back(taken{&s, {}, {}, nullptr});
    if (s.kind == setting_kind::flag) {
      t.option = app.add_flag(s.flag, t.truth, s.meaning);
    } else {
      t.option = app.add_option(s.flag, t.texts, s.meaning + " (" + s.unit_and_bounds + ")");
      t.option->allow_extra_args(false)->type_name("");
    }
    t.option->group(group_of(s))->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
}

std::vector<std::string> known_flags() {
  std::vector<std::string> flags{"--config", "--help", "--version"};
  for (const auto& s : settings()) flags.push_back(s.flag);
  return flags;
}

void report_extras(const std::vector<std::string>& extras, std::vector<mistake>& mistakes) {
  bool is_after_flag = false;
  for (const auto& extra : extras) {
    const bool is_flag = extra.rfind('-', 0) == 0;
    if (is_flag) {
      const auto name = extra.substr(0, extra.find('='));
      mistakes.push_back({name, "unknown flag" + did_you_mean(name, known_flags())});
    } else if (!is_after_flag) {  // what follows an unknown flag is most likely its value
      mistakes.push_back({extra, "unknown command" + did_you_mean(extra, {"config", "migrate"})});
    }
    is_after_flag = is_flag && extra.find('=') == std::string::npos;
  }
}

void judge(const taken& t, command_line& line, std::vector<mistake>& mistakes) {
  if (t.option->count() == 0) return;
  const auto& s = *t.what;
  if (s.kind == setting_kind::list) {
    line.values.push_back({&s, t.texts, s.flag});
    return;
  }
  if (s.kind != setting_kind::flag && t.texts.size() > 1) {
    mistakes.push_back({s.flag, "is given " + std::to_string(t.texts.size()) + " times"});
    return;
  }
  const auto& text = s.kind == setting_kind::flag ? t.truth : t.texts.front();
  if (auto value = from_text(s.kind, text)) {
    line.values.push_back({&s, std::move(*value), s.flag});
  } else {
    mistakes.push_back({s.flag, toml_text(text) + " is not " + std::string{what_it_takes(s.kind)}});
  }
}

}  // namespace

command_line read_command_line(const std::vector<std::string>& arguments, std::vector<mistake>& mistakes) {
  command_line line;
  std::deque<taken> all;
  bool wants_version = false;
  CLI::App app{about, "parleyd"};
  app.footer(footer);
  app.allow_extras()->fallthrough()->require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Prints this help");
  app.add_flag("--version", wants_version, "Prints the version");
  std::vector<std::string> config_paths;
  app.add_option("--config", config_paths, "A TOML file; `parleyd config` prints one with every setting")
      ->allow_extra_args(false)
      ->type_name("FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  auto* migrate = app.add_subcommand("migrate", "Brings the databases to this version's schema, then ends")
                      ->fallthrough()
                      ->allow_extras();
  auto* config = app.add_subcommand("config", "Prints the effective configuration as a file, then ends")
                     ->fallthrough()
                     ->allow_extras();
  add_settings(app, all);
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
  } catch (const CLI::CallForHelp&) {
    line.command = command::help;
    line.help = app.help();
    return line;
  } catch (const CLI::ParseError& failure) {
    mistakes.push_back({"", failure.what()});
    return line;
  }
  if (*migrate) line.command = command::migrate;
  if (*config) line.command = command::config;
  if (wants_version) line.command = command::version;
  report_extras(app.remaining(true), mistakes);
  if (config_paths.size() > 1) mistakes.push_back({"--config", "is given more than once"});
  if (!config_paths.empty()) line.config_path = config_paths.front();
  for (const auto& t : all) judge(t, line, mistakes);
  return line;
}

}  // namespace parley
