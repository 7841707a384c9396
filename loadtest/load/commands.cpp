#include "loadtest/load/commands.hpp"

#include "loadtest/load/presets.hpp"
#include "loadtest/load/run.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>

namespace parley::load {
namespace {

/// One subcommand's words, as they were typed.
struct typed {
  struct one {
    const parameter* what;
    std::vector<std::string> items;
  };
  std::deque<one> parameters;  // a deque: the parser keeps addresses
  std::vector<std::string> watched;
  std::string file;
  run_options options;
  bool skips_ceiling = false;
};

std::string default_text(const parameter& what, const load::parameters& of) {
  const auto value = what.value(of);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return list->empty() ? "" : list->front();
  if (const auto* number = std::get_if<double>(&value)) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", *number);
    return text;
  }
  return "";
}

void add_parameters(CLI::App& command, typed& words, const load::parameters& defaults) {
  for (const auto& what : parameter_table()) {
    auto& slot = words.parameters.emplace_back(typed::one{&what, {}});
    const std::string meaning(what.meaning), group(what.group);
    if (std::holds_alternative<bool load::parameters::*>(what.where)) {
      command
          .add_flag_callback(
              what.flag(), [&slot] { slot.items = {"true"}; }, meaning)
          ->group(group);
      continue;
    }
    auto* option = command.add_option(what.flag(), slot.items, meaning)->group(group)->type_name("");
    const bool is_list = std::holds_alternative<std::vector<std::string> load::parameters::*>(what.where);
    is_list ? option->delimiter(',')->allow_extra_args(false)->type_name("A,B,...")
            : option->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    const auto usual = default_text(what, defaults);
    if (!usual.empty()) option->default_str(usual);
  }
}

void add_run_options(CLI::App& command, typed& words) {
  constexpr auto group = "Result";
  command
      .add_option("--output", words.options.output, "file of the result; - is standard output; else a new name here")
      ->group(group);
  command
      .add_option("--watch,--watch-name", words.watched,
                  "PID, or NAME=PID, of a process whose CPU and memory are recorded; repeatable")
      ->group(group)
      ->type_name("[NAME=]PID")
      ->allow_extra_args(false);
  command.add_flag("--quiet", words.options.is_quiet, "no progress on standard error")->group(group);
  command.add_flag("--no-ceiling", words.skips_ceiling, "does not measure first what the load itself could do")
      ->group(group);
  command
      .add_flag("--tell-begin", words.options.tells_begin, "a line `begin` on standard output when measuring begins")
      ->group(group);
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad())
    throw refusal(exit_code::no_input, "the scenario file " + path + " cannot be read");
  return text;
}

/// @throws refusal with all that is wrong
scenario scenario_of(const typed& words, const preset* start) {
  std::vector<mistake> mistakes;
  scenario read;
  if (start == nullptr) {
    read = read_scenario(words.file, text_of_file(words.file), mistakes);
  } else {
    read.name = start->name;
    start->apply(read.values);
  }
  auto code = mistakes.empty() ? exit_code::usage : exit_code::wrong_file;
  for (const auto& one : words.parameters)
    if (!one.items.empty())
      if (const auto wrong = one.what->assign_text(read.values, one.items))
        mistakes.push_back({one.what->flag(), *wrong});
  // What contradicts itself is only worth saying of values that were understood.
  if (mistakes.empty()) {
    mistakes = contradictions(read.values);
    if (start == nullptr) code = exit_code::wrong_file;
  }
  if (!mistakes.empty()) throw refusal(code, report(mistakes));
  return read;
}

void add_one(CLI::App& app, const std::string& name, const std::string& what, const preset* start) {
  auto* command = app.add_subcommand(name, what);
  auto words = std::make_shared<typed>();
  parameters defaults;
  if (start == nullptr)
    command->add_option("FILE", words->file, "the scenario: TOML, see docs/load.md; flags go before it")->required();
  else
    start->apply(defaults);
  add_parameters(*command, *words, defaults);
  add_run_options(*command, *words);
  command->callback([words, start] {
    for (const auto& one : words->watched) words->options.watched.push_back(parse_watch(one));
    words->options.measures_ceiling = !words->skips_ceiling;
    const auto code = run_scenario(scenario_of(*words, start), words->options);
    if (code != exit_code::ok) throw CLI::RuntimeError(static_cast<int>(code));
  });
}

}  // namespace

void add_scenarios(CLI::App& app) {
  for (const auto& one : presets()) add_one(app, std::string(one.name), std::string(one.what), &one);
  add_one(app, "run", "a scenario from a file", nullptr);
}

}  // namespace parley::load
