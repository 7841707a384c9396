#include "tests/simulation/campaign.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

namespace {

using namespace parley;

struct wishes {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  std::uint64_t seconds = 0;
  std::optional<std::uint64_t> seed;
  std::string reduce;
  std::string corpus;
  bool is_quiet = false;
  simulation::campaign_options how;
};

/// A wish that cannot be fulfilled.
int refuse(const std::string& why) {
  std::cerr << "parley_simulate: " << why << "\n";
  return 2;
}

int finish(const simulation::campaign& all, const wishes& w) {
  all.report(!w.is_quiet);
  if (all.failed() > 0) return 1;
  return all.is_blind() ? 3 : 0;
}

int run_corpus(const wishes& w) {
  std::ifstream file(w.corpus);
  if (!file) return refuse("cannot read " + w.corpus);
  std::vector<simulation::world_of> worlds;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    auto one = simulation::read_world(line);
    if (!one)
      return refuse(w.corpus + ":" + std::to_string(number) + ": no seed, or sizes and faults that are not there");
    worlds.push_back(std::move(*one));
  }
  simulation::campaign all(w.how);
  all.run([&, at = worlds.begin()]() mutable { return at == worlds.end() ? std::nullopt : std::optional{*at++}; });
  return finish(all, w);
}

int run_seeds(const wishes& w) {
  const auto smaller = simulation::reduction_of(w.reduce);
  if (!smaller) return refuse("--reduce names no size or fault that there is: " + w.reduce);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(w.seconds);
  const auto first = w.seed.value_or(w.first), count = w.seed ? 1 : w.seeds;
  simulation::campaign all(w.how);
  all.run([&, seed = first]() mutable -> std::optional<simulation::world_of> {
    const bool is_over = w.seconds > 0 ? std::chrono::steady_clock::now() >= until : seed - first >= count;
    if (is_over) return std::nullopt;
    return simulation::world_of{seed++, *smaller, {}};
  });
  return finish(all, w);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs Parley's own actors against models of everything else, in virtual time, seed by seed.\n"
      "Exit: 0 all seeds are fine, 1 some failed, 2 a wrong wish, 3 some interesting state was never met."};
  wishes w;
  w.how.jobs = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--seed", w.seed, "only this seed");
  app.add_option("--first", w.first, "the first seed")->capture_default_str();
  app.add_option("--seeds", w.seeds, "how many seeds")->capture_default_str();
  app.add_option("--seconds", w.seconds, "as many seeds as fit into that time");
  app.add_option("--reduce", w.reduce, "a smaller world, as a failure prints it: clients=2,without:kill node,salt=3");
  app.add_option("--corpus", w.corpus, "the worlds of a file: what once found a bug");
  app.add_option("--jobs", w.how.jobs, "threads, each with worlds of its own")->capture_default_str();
  app.add_option("--history", w.how.history, "writes each world's history there, for parley-check; one thread");
  app.add_flag("!--no-shrink", w.how.is_shrinking, "the first failure is not made smaller");
  app.add_flag("--quiet", w.is_quiet, "no table of what was met");
  CLI11_PARSE(app, argc, argv);
  if (!w.how.history.empty()) w.how.jobs = 1;
  return w.corpus.empty() ? run_seeds(w) : run_corpus(w);
}
