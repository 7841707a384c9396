#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"
#include "node/ctl/waiting.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace parley::ctl {
namespace {

struct drain_wishes {
  std::vector<std::string> dsns;
  std::string node;
  int wait_seconds = 30;
};

[[noreturn]] void refuse_dead(const std::string& node) {
  throw refusal(exit_code::usage, "node " + shown(node) + " is not alive: `parleyctl nodes` shows who is");
}

/// A cluster without anybody to take them keeps its shards where they are.
void warn_if_last(cluster& where, const std::string& node) {
  const auto nodes = views_of(leases_of(where), {});
  const bool has_taker = std::ranges::any_of(nodes, [&](const auto& n) { return n.takes_shards() && n.name != node; });
  if (!has_taker) warn({"no other node can take the shards of " + node + ": it keeps them until one can"});
}

std::string lateness(const drain_wishes& w, std::size_t left) {
  return "after " + std::to_string(w.wait_seconds) + " s " + shown(w.node) + " still owns " + counted(left, "shard") +
         ". It stays drained (`parleyctl undrain` ends that). Look at `parleyctl nodes` (does another node live, with "
         "an address and a lease in every database?), and in its log for shard.not_handed_over";
}

void drain(const drain_wishes& w, bool is_json) {
  cluster where(w.dsns);
  if (ask_to_leave(where, w.node, true) == 0) refuse_dead(w.node);
  warn_if_last(where, w.node);
  auto left = count_owned(where, w.node);
  std::optional<milliseconds> took;
  if (w.wait_seconds > 0) {
    std::optional<std::size_t> said;
    took = wait_until(
        [&] {
          left = count_owned(where, w.node);
          if (!is_json && said != left) print(shown(w.node) + " owns " + counted(left, "shard") + ".\n");
          said = left;
          return left == 0;
        },
        seconds{w.wait_seconds});
  }
  if (is_json) {
    boost::json::object document{
        {"node", w.node}, {"is_drained", true}, {"shards", left}, {"is_done", left == 0}, {"took_ms", nullptr}};
    if (took) document["took_ms"] = took->count();
    print(document);
  }
  if (left > 0 && w.wait_seconds > 0) throw refusal(exit_code::not_yet, lateness(w, left));
  if (is_json) return;
  print(took ? shown(w.node) + " is drained, after " + shown_duration(took->count()) + ": it may be stopped.\n"
             : shown(w.node) + " is asked to hand over " + counted(left, "shard") + ".\n");
}

void undrain(const drain_wishes& w, bool is_json) {
  cluster where(w.dsns);
  if (ask_to_leave(where, w.node, false) == 0) refuse_dead(w.node);
  if (is_json) return print(boost::json::object{{"node", w.node}, {"is_drained", false}});
  print(shown(w.node) + " takes shards again.\n");
}

}  // namespace

void add_drain(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<drain_wishes>();
  auto* command = app.add_subcommand("drain", "Takes all shards from a node, which goes on serving its sessions");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("NODE", w->node, "The name of a node that lives")->required();
  command->add_option("--wait", w->wait_seconds, "How long to wait until it owns none; 0: not at all")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  command->footer(
      "The node takes no shard until `parleyctl undrain`, or until it is started anew. While no other node lives,\n"
      "it keeps its shards and takes free ones: a forgotten drain costs no room its owner.\n"
      "Example, before maintenance:\n"
      "  parleyctl drain n2 && systemctl stop parleyd");
  command->callback([w, &is_json] { drain(*w, is_json); });
}

void add_undrain(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<drain_wishes>();
  auto* command = app.add_subcommand("undrain", "Lets a drained node take shards again");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("NODE", w->node, "The node's name")->required();
  command->footer("Example:\n  parleyctl undrain n2");
  command->callback([w, &is_json] { undrain(*w, is_json); });
}

}  // namespace parley::ctl
