// Runs one seeded bug until the first seed that shows it: the workhorse of scripts/mutants.
#include "actors/core/mutant.hpp"
#include "tests/simulation/world.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>
#include <regex>
#include <set>

namespace {

using namespace parley;

int list() {
  for (const auto& m : mutants()) std::cout << m.name << '\t' << m.found_by << '\t' << m.breaks << '\n';
  return 0;
}

/// The rules that a problem names, or its first line where none did: an answer that never came, an alarm.
std::string rules_of(const std::string& problem) {
  static const std::regex broken("^(R[0-9]+) broken", std::regex::multiline);
  std::string rules;
  for (std::sregex_iterator at(problem.begin(), problem.end(), broken), end; at != end; ++at)
    rules += (rules.empty() ? "" : " ") + (*at)[1].str();
  return rules.empty() ? problem.substr(0, problem.find('\n')) : rules;
}

struct wishes {
  std::string mutant;
  std::uint64_t first = 1, seeds = 100'000;
  double seconds = 1e9;
  bool tells = false;
};

int run(const wishes& w) {
  checker::history history;
  const auto started = std::chrono::steady_clock::now();
  const auto took = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(); };
  std::uint64_t done = 0;
  for (auto seed = w.first; done < w.seeds && took() < w.seconds; ++seed, ++done) {
    history.clear();
    simulation::world world(seed, history);
    world.run();
    if (world.problem().empty()) continue;
    std::cout << "killed\t" << seed << '\t' << done + 1 << '\t' << took() << '\t' << rules_of(world.problem()) << '\n';
    if (w.tells) std::cout << world.problem();
    return 1;
  }
  std::cout << "alive\t0\t" << done << '\t' << took() << "\t\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs the simulator with one seeded bug, until a seed shows it; without --mutant the product as it is.\n"
      "Prints: killed or alive, the seed, how many were run, seconds, the broken rules. Exit: 0 alive, 1 killed."};
  wishes w;
  bool is_list = false;
  app.add_flag("--list", is_list, "the names, each with the rules that may find it and what it breaks");
  app.add_option("--mutant", w.mutant, "which bug");
  app.add_option("--first", w.first, "the first seed")->capture_default_str();
  app.add_option("--seeds", w.seeds, "at most so many seeds")->capture_default_str();
  app.add_option("--seconds", w.seconds, "and at most that long");
  app.add_flag("--tell", w.tells, "what the checker found");
  CLI11_PARSE(app, argc, argv);
  if (is_list) return list();
  if (!w.mutant.empty() && !choose_mutant(w.mutant)) {
    std::cerr << "no mutant is called " << w.mutant << "\n";
    return 2;
  }
  return run(w);
}
