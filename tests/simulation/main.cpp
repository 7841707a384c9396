#include "tests/checker/read_history.hpp"
#include "tests/simulation/world.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <fstream>
#include <iostream>

namespace {

using namespace parley;
using wall = std::chrono::steady_clock;

struct wishes {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  std::uint64_t seconds = 0;
  std::optional<std::uint64_t> seed;
  std::string history;
  bool is_quiet = false;
};

double since(wall::time_point t) { return std::chrono::duration<double>(wall::now() - t).count(); }

/// @returns what is wrong with the seed, or nothing
std::string run_seed(std::uint64_t seed, checker::history& history, simulation::sometimes& met, std::uint64_t& steps,
                     std::uint64_t* trace = nullptr) {
  history.clear();
  simulation::world world(seed, history);
  world.run();
  for (const auto& [name, times] : world.counters()) met[name] += times;
  steps += world.steps();
  if (trace != nullptr) *trace = world.trace();
  return world.problem();
}

int run(const wishes& w) {
  checker::history history;
  simulation::sometimes met;
  std::uint64_t steps = 0, done = 0, failed = 0;
  const auto started = wall::now();
  const auto first = w.seed.value_or(w.first);
  for (std::uint64_t seed = first;; ++seed) {
    if (w.seconds > 0 ? since(started) >= static_cast<double>(w.seconds) : done >= (w.seed ? 1 : w.seeds)) break;
    std::uint64_t trace = 0;
    auto problem = run_seed(seed, history, met, steps, &trace);
    ++done;
    if (!w.history.empty()) {
      std::ofstream file(w.history);
      checker::write_history(history, file);
    }
    if (problem.empty() && seed % 50 == 0) {  // the same seed must be the same run
      std::uint64_t again = 0;
      run_seed(seed, history, met, steps, &again);
      if (again != trace) problem = "two runs of this seed differ\n";
    }
    if (problem.empty()) continue;
    ++failed;
    std::cout << "seed " << seed << " failed; repeat it with: scripts/simulate --seed " << seed << "\n"
              << problem << std::flush;
    if (failed >= 10) break;
  }
  const auto took = since(started);
  if (!w.is_quiet) {
    for (const auto& [name, times] : met)
      std::cout << (times == 0 ? "NEVER " : "      ") << name << ": " << times << "\n";
  }
  std::cout << done << " seeds, " << failed << " failed, " << steps / std::max<std::uint64_t>(done, 1)
            << " steps a seed, " << static_cast<std::uint64_t>(static_cast<double>(done) * 3600 / took)
            << " seeds an hour on this core\n";
  if (failed > 0) return 1;
  // Over that many seeds every fault and every interesting state has to be met: otherwise the test has gone blind.
  const bool is_blind = done >= 2000 && std::ranges::any_of(met, [](const auto& item) { return item.second == 0; });
  return is_blind ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs Parley's own actors against models of everything else, in virtual time, seed by seed.\n"
      "Exit: 0 all seeds are fine, 1 some failed, 3 some interesting state was never met."};
  wishes w;
  app.add_option("--seed", w.seed, "only this seed");
  app.add_option("--first", w.first, "the first seed")->capture_default_str();
  app.add_option("--seeds", w.seeds, "how many seeds")->capture_default_str();
  app.add_option("--seconds", w.seconds, "as many seeds as fit into that time");
  app.add_option("--history", w.history, "writes each seed's history there, for parley-check");
  app.add_flag("--quiet", w.is_quiet, "no table of what was met");
  CLI11_PARSE(app, argc, argv);
  return run(w);
}
