#include "loadtest/plan/plan.hpp"

#include "loadtest/plan/odd_input.hpp"
#include "loadtest/plan/plan_text.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>
#include <memory>

namespace parley::load {
namespace {

constexpr int usage = 64, wrong_data = 65;

struct plan_options {
  planning::demand asked;
  std::string costs_file;
  bool is_json = false;
};

[[noreturn]] void fail(int code, const std::string& why) {
  std::fprintf(stderr, "parley-load plan: %s\n", why.c_str());
  throw CLI::RuntimeError(code);
}

planning::costs costs_of(const plan_options& o) {
  try {
    return o.costs_file.empty() ? planning::shipped_costs() : planning::read_costs(o.costs_file);
  } catch (const planning::odd_input& odd) {
    fail(wrong_data, odd.what());
  }
}

void make_plan(const plan_options& o) {
  const auto unit = costs_of(o);
  try {
    const auto planned = planning::project(o.asked, unit);
    const auto text =
        o.is_json ? planning::as_json(o.asked, unit, planned) + "\n" : planning::as_text(o.asked, unit, planned);
    std::fputs(text.c_str(), stdout);
  } catch (const planning::odd_input& odd) {
    fail(usage, odd.what());
  }
}

}  // namespace

void add_plan(CLI::App& app) {
  auto o = std::make_shared<plan_options>();
  auto& d = o->asked;
  auto* command = app.add_subcommand("plan", "What a cluster for a given load would take, out of measured unit costs");
  const CLI::AsNumberWithUnit amount(std::map<std::string, double>{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}},
                                     CLI::AsNumberWithUnit::CASE_SENSITIVE, "k, M or G");
  const auto add = [&](const char* name, double& value, const char* words) {
    return command->add_option(name, value, words)->transform(amount);
  };
  add("--connections", d.connections, "sessions (10k and 100M are understood)")->required();
  add("--publishes", d.publishes, "publishes/s of all rooms")->required();
  add("--readers", d.readers, "online readers of one publish")->required();
  add("--nodes-holding", d.nodes_holding, "nodes that hold a publish's readers")->required();
  add("--batch", d.batch, "events of one transaction")->capture_default_str();
  add("--target-use", d.target_use, "share of a core that is to be busy")->capture_default_str();
  add("--joins", d.joins, "joins/s")->capture_default_str();
  add("--rooms", d.rooms, "rooms that somebody reads, for memory")->capture_default_str();
  add("--node-cores", d.cores_of_a_node, "cores of one node's machine")->capture_default_str();
  add("--database-cores", d.cores_of_a_database, "cores of one database's machine")->capture_default_str();
  command->add_option("--costs", o->costs_file, "unit costs in TOML (default: those that are shipped)");
  command->add_flag("--json", o->is_json, "for programs");
  command->callback([o] { make_plan(*o); });
}

}  // namespace parley::load
