#include "actors/core/mutant.hpp"
#include "tests/exhaustive/search.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>

namespace {

using namespace parley::exhaustive;

struct wishes {
  std::vector<std::string> worlds;
  limits most;
  std::uint64_t seconds = 24 * 3600;
  bool is_shortest = false;
  bool is_list = false;
};

wishes options(int argc, char** argv) {
  wishes w;
  CLI::App app{"Tries every order in small worlds of Parley's cores, up to a depth."};
  app.name("scripts/exhaustive");
  app.add_option("--world", w.worlds, "only this world; may be repeated");
  app.add_option("--depth", w.most.depth, "steps")->capture_default_str();
  app.add_option("--states", w.most.states, "of each world at the most")->capture_default_str();
  app.add_option("--seconds", w.seconds, "for each world at the most");
  app.add_flag("--shortest", w.is_shortest, "the fewest steps that lead to a violation: depth 1, 2, ...");
#ifdef PARLEY_MUTANTS
  app.add_option_function<std::string>(
      "--mutant",
      [](const std::string& name) {
        if (!parley::choose_mutant(name)) throw CLI::ValidationError("--mutant", "no such mutant");
      },
      "with this bug switched on (actors/core/mutant.cpp)");
#endif
  app.add_flag("--list", w.is_list, "names the worlds, and ends");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e));
  }
  w.most.time = std::chrono::seconds{w.seconds};
  return w;
}

const char* extent(const report& r) {
  if (!r.is_whole) return "cut short";
  return r.is_closed ? "every order" : "up to the depth";
}

/// @returns whether nothing was broken
bool run(const plan& p, const wishes& w) {
  const auto begun = std::chrono::steady_clock::now();
  const auto done = w.is_shortest ? shortest(p, w.most) : explore(p, w.most);
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::cout << std::left << std::setw(20) << p.name << std::right << std::setw(6) << done.deepest << std::setw(11)
            << done.states << std::setw(12) << done.steps << std::setw(10) << done.ends << std::fixed
            << std::setprecision(1) << std::setw(8) << took << "  " << extent(done) << std::endl;
  if (done.violation.empty()) return true;
  std::cout << "  BROKEN: " << done.violation << '\n';
  for (std::size_t i = 0; i < done.trace.size(); ++i)
    std::cout << "  " << std::setw(3) << i + 1 << ". " << done.trace[i] << '\n';
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const auto w = options(argc, argv);
  bool is_fine = true;
  std::size_t count = 0;
  if (!w.is_list) std::cout << "world                depth     states       steps      ends       s\n";
  for (const auto& p : plans()) {
    if (!w.worlds.empty() && std::ranges::find(w.worlds, p.name) == w.worlds.end()) continue;
    ++count;
    if (w.is_list) {
      std::cout << std::left << std::setw(20) << p.name << p.what << '\n';
    } else {
      is_fine = run(p, w) && is_fine;
    }
  }
  if (count == 0) {
    std::cerr << "exhaustive: no such world; --list names them\n";
    return 2;
  }
  return is_fine ? 0 : 1;
}
