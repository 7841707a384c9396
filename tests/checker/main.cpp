#include "tests/checker/describe.hpp"
#include "tests/checker/judge.hpp"
#include "tests/checker/read_history.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <charconv>
#include <fstream>
#include <iostream>

namespace checker = parley::checker;
namespace json = boost::json;

namespace {

constexpr const char* about =
    R"(Judges the recorded history of a run: JSON lines, one per thing that a client asked or was told, and the
rooms as they were read back at the end (tests/checker/README.md). Prints a verdict, and for each broken rule
R1 to R15 the records that show it.

verdicts:
  valid      no rule is broken, and enough happened to say so
  invalid    a rule is broken
  unknown    no rule is broken, but too little happened to tell (see --min), or a room was never read back)";

constexpr const char* footer = R"(examples:
  parley-check history.jsonl
  parley-check --min acks=200 --min joins=20 --min "fault:kill node=3" run-*.jsonl
  some-recorder | parley-check --json -

exit codes: 0 valid; 1 invalid; 2 usage, or a file that is no history; 3 unknown. Of several files the worst
counts, in the order 2, 1, 3, 0.)";

enum exit_code : int { valid = 0, invalid = 1, malformed = 2, unknown = 3 };

struct wishes {
  std::vector<std::string> files;
  bool as_json = false;
  bool all = false;
  checker::options judging;
};

/// "acks=200"; the name may hold an equals sign itself.
std::string take_minimum(wishes& chosen, const std::string& text) {
  const auto equals = text.rfind('=');
  std::uint64_t least = 0;
  if (equals == text.npos || equals == 0) return text + " is no NAME=N";
  const auto [end, error] = std::from_chars(text.data() + equals + 1, text.data() + text.size(), least);
  if (error != std::errc{} || end != text.data() + text.size()) return text + " is no NAME=N";
  chosen.judging.minima[text.substr(0, equals)] = least;
  return {};
}

const char* name_of(checker::outcome reached) {
  static const char* const names[] = {"valid", "invalid", "unknown", "malformed"};
  return names[static_cast<std::size_t>(reached)];
}

json::object as_json(const checker::history& what_happened, const checker::verdict& reached) {
  json::array broken, found;
  for (const auto rule : reached.rules_broken()) broken.emplace_back("R" + std::to_string(rule));
  for (const auto& one : reached.findings) {
    json::array evidence;
    for (const auto& shown : one.shown_by) evidence.emplace_back(checker::describe(what_happened, shown));
    found.push_back({{"rule", "R" + std::to_string(one.rule)},
                     {"room", what_happened.text(one.room)},
                     {"what", one.what},
                     {"evidence", std::move(evidence)}});
  }
  json::object times;
  for (std::size_t rule = 1; rule < reached.found.size(); ++rule)
    if (reached.found[rule] > 0) times["R" + std::to_string(rule)] = reached.found[rule];
  return {{"verdict", name_of(reached.outcome)},
          {"rules_broken", std::move(broken)},
          {"found", std::move(times)},
          {"findings", std::move(found)},
          {"missing", json::value_from(reached.missing)},
          {"counts", json::value_from(reached.counts)}};
}

exit_code refuse(const wishes& chosen, const std::string& file, const std::string& what) {
  if (chosen.as_json)
    std::cout << json::serialize(json::object{{"file", file}, {"verdict", "malformed"}, {"error", what}}) << '\n';
  std::cerr << "parley-check: " << file << ": " << what << '\n';
  return malformed;
}

exit_code judge_file(const wishes& chosen, const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file);
  if (file != "-" && !opened) return refuse(chosen, file, "cannot be read");
  auto read = checker::read_history(file == "-" ? std::cin : opened);
  if (!read) return refuse(chosen, file, "line " + std::to_string(read.error().line) + ": " + read.error().what);
  const auto reached = checker::judge(*read, chosen.judging);
  if (reached.outcome == checker::outcome::malformed) return refuse(chosen, file, reached.missing.front());
  if (chosen.as_json) {
    auto told = as_json(*read, reached);
    told["file"] = file;
    std::cout << json::serialize(told) << '\n';
  } else {
    if (chosen.files.size() > 1) std::cout << file << ": ";
    std::cout << checker::describe(*read, reached, chosen.all);
  }
  return reached.outcome == checker::outcome::valid     ? valid
         : reached.outcome == checker::outcome::invalid ? invalid
                                                        : unknown;
}

int badness(exit_code code) { return code == malformed ? 3 : code == invalid ? 2 : code == unknown ? 1 : 0; }

}  // namespace

int main(int argc, char** argv) {
  wishes chosen;
  CLI::App app{about, "parley-check"};
  app.footer(footer);
  app.add_option("FILE", chosen.files, "histories; - is the standard input")->required();
  app.add_option_function<std::vector<std::string>>(
         "--min",
         [&](const std::vector<std::string>& minima) {
           for (const auto& one : minima)
             if (const auto wrong = take_minimum(chosen, one); !wrong.empty())
               throw CLI::ValidationError{"--min", wrong};
         },
         "NAME=N: below so many the verdict is unknown (default: 1 of acks, joins, delivered, stored, settled)")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  app.add_flag("--json", chosen.as_json, "one object per file on the standard output");
  app.add_flag("--all", chosen.all, "each finding that was kept, not only the smallest of each rule");
  app.set_version_flag("--version", std::string{"parley-check "} + PARLEY_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? valid : malformed;
  }
  exit_code worst = valid;
  for (const auto& file : chosen.files)
    if (const auto code = judge_file(chosen, file); badness(code) > badness(worst)) worst = code;
  return worst;
}
