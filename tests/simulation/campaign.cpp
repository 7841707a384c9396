#include "tests/simulation/campaign.hpp"

#include "tests/checker/read_history.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

namespace parley::simulation {
namespace {

using wall = std::chrono::steady_clock;

std::string command(const world_of& w) {
  std::ostringstream text;
  text << "scripts/simulate --seed " << w.seed;
  if (!w.smaller.is_none()) text << " --reduce '" << to_text(w.smaller) << "'";
  return text.str();
}

}  // namespace

std::optional<world_of> read_world(const std::string& line) {
  const auto hash = line.find('#');
  std::istringstream in(line.substr(0, hash));
  world_of w;
  if (!(in >> w.seed)) return std::nullopt;
  std::string rest;
  if (std::getline(in >> std::ws, rest)) {
    rest.erase(rest.find_last_not_of(" \t") + 1);
    const auto smaller = reduction_of(rest);
    if (!smaller) return std::nullopt;
    w.smaller = *smaller;
  }
  if (hash != line.npos) w.why = line.substr(std::min(line.find_first_not_of(" \t", hash + 1), line.size()));
  return w;
}

void campaign::run(const std::function<std::optional<world_of>()>& next) {
  const auto started = wall::now();
  std::vector<std::thread> others;
  for (unsigned i = 1; i < options_.jobs; ++i) others.emplace_back([&] { work(next); });
  work(next);
  for (auto& t : others) t.join();
  took_ += std::chrono::duration<double>(wall::now() - started).count();
}

void campaign::work(const std::function<std::optional<world_of>()>& next) {
  lane mine;
  for (;;) {
    std::optional<world_of> w;
    {
      const std::lock_guard lock(mutex_);
      if (failed_ < options_.enough) w = next();
    }
    if (!w) break;
    const auto problem = try_twice(mine, *w);
    const std::lock_guard lock(mutex_);
    ++done_;
    if (!problem.empty()) failed(mine, *w, problem);
  }
  const std::lock_guard lock(mutex_);
  steps_ += mine.steps;
  for (const auto& [name, times] : mine.met) met_[name] += times;
}

std::string campaign::try_it(lane& mine, std::uint64_t seed, const reduction& smaller, std::uint64_t* trace) const {
  mine.history.clear();
  world world(seed, mine.history, smaller);
  world.run();
  for (const auto& [name, times] : world.counters()) mine.met[name] += times;
  mine.steps += world.steps();
  if (trace != nullptr) *trace = world.trace();
  return world.problem();
}

/// Every 50th seed runs twice: the same seed must be the same run.
std::string campaign::try_twice(lane& mine, const world_of& w) const {
  std::uint64_t trace = 0, again = 0;
  auto problem = try_it(mine, w.seed, w.smaller, &trace);
  if (!options_.history.empty()) {
    std::ofstream file(options_.history);
    checker::write_history(mine.history, file);
  }
  if (!problem.empty() || w.seed % 50 != 0) return problem;
  try_it(mine, w.seed, w.smaller, &again);
  return again == trace ? "" : "two runs of this seed differ\n";
}

void campaign::failed(lane& mine, const world_of& w, const std::string& problem) {
  std::cout << "seed " << w.seed << " failed";
  if (!w.why.empty()) std::cout << " (once it found: " << w.why << ")";
  std::cout << "; repeat it with: " << command(w) << "\n" << problem << std::flush;
  if (++failed_ == 1 && options_.is_shrinking) shrink(mine, w);
}

void campaign::shrink(lane& mine, const world_of& w) const {
  std::string problem;
  const auto least = simulation::shrink(draw_plan(w.seed), w.smaller, [&](const reduction& smaller) {
    auto found = try_it(mine, w.seed, smaller);
    if (found.empty()) return false;
    problem = std::move(found);
    return true;
  });
  if (problem.empty()) return;  // nothing can be left out
  std::cout << "it fails in a smaller world too: " << command({w.seed, least, {}}) << "\n" << problem << std::flush;
}

void campaign::report(bool has_table) const {
  if (has_table) {
    for (const auto& [name, times] : met_)
      std::cout << (times == 0 ? "NEVER " : "      ") << name << ": " << times << "\n";
  }
  std::cout << done_ << " seeds, " << failed_ << " failed, " << steps_ / std::max<std::uint64_t>(done_, 1)
            << " steps a seed, " << static_cast<std::uint64_t>(static_cast<double>(done_) * 3600 / took_)
            << " seeds an hour with " << options_.jobs << (options_.jobs == 1 ? " thread\n" : " threads\n");
}

bool campaign::is_blind() const {
  return done_ >= 2000 && std::ranges::any_of(met_, [](const auto& item) { return item.second == 0; });
}

}  // namespace parley::simulation
