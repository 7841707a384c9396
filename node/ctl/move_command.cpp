#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"
#include "node/ctl/waiting.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace parley::ctl {
namespace {

struct move_wishes {
  std::vector<std::string> dsns;
  std::uint32_t shard = 0;
  std::string node;
  bool is_auto = false;
  int wait_seconds = 10;
};

struct outcome {
  owned_row shard;
  std::optional<milliseconds> took;
};

/// The views of one database's nodes: what counts is who lives beside the shard.
std::vector<node_view> nodes_beside(cluster& where, const database& home) {
  return views_of({leases_of(where).at(home.place())}, {});
}

void refuse_unless_taker(const std::vector<node_view>& nodes, const std::string& name) {
  const auto found = std::ranges::find_if(nodes, [&](const auto& n) { return n.name == name && n.lives(); });
  std::string why;
  if (found == nodes.end())
    why = "is not alive";
  else if (found->state != node_state::alive)
    why = "is " + std::string(name_of(found->state));
  else if (!found->takes_shards())
    why = "has no links to other nodes (its setting peer_listen)";
  if (!why.empty())
    throw refusal(exit_code::usage, "node " + shown(name) + ' ' + why + ": shards go to these: " + takers_among(nodes));
}

outcome wait_for(cluster& where, const move_wishes& w, const std::string& owner) {
  outcome end;
  end.took = wait_until(
      [&] {
        end.shard = shard_at(where, w.shard);
        return end.shard.owner == owner && end.shard.has_lease;
      },
      seconds{w.wait_seconds});
  return end;
}

void print_json(const move_wishes& w, const std::string& owner, const outcome& end) {
  boost::json::object document{{"shard", w.shard},         {"node", owner},          {"wish", w.node},
                               {"owner", end.shard.owner}, {"term", end.shard.term}, {"is_done", end.took.has_value()},
                               {"took_ms", nullptr}};
  if (end.took) document["took_ms"] = end.took->count();
  print(document);
}

std::string lateness(const move_wishes& w, const std::string& owner, const outcome& end) {
  const auto now = shown_owner(end.shard);
  return "after " + std::to_string(w.wait_seconds) + " s shard " + std::to_string(w.shard) + " is owned by " +
         (now.empty() ? "nobody" : shown(now)) + ", not yet by " + shown(owner) +
         ". The wish stays. Look at `parleyctl nodes` (do both live, with a lease in every database, and see each "
         "other?), and in the owner's log for shard.not_handed_over";
}

void move_shard(move_wishes w, bool is_json) {
  if (w.is_auto != w.node.empty())
    throw refusal(exit_code::usage, "name the node that should own the shard, or give --auto, not both");
  cluster where(w.dsns);
  auto& home = where.home_of(w.shard);
  if (!w.is_auto) refuse_unless_taker(nodes_beside(where, home), w.node);
  wish_for(where, w.shard, w.node);
  const auto owner = w.is_auto ? placed_at(w.shard, leases_of(where).at(home.place())) : std::optional{w.node};
  if (!owner || w.wait_seconds == 0) {
    if (is_json) return print_json(w, owner.value_or(""), {shard_at(where, w.shard), {}});
    return print(w.is_auto ? "Placement decides over shard " + std::to_string(w.shard) + " again.\n"
                           : "Shard " + std::to_string(w.shard) + " is wished for " + shown(w.node) + ".\n");
  }
  const auto end = wait_for(where, w, *owner);
  if (is_json) print_json(w, *owner, end);
  if (!end.took) throw refusal(exit_code::not_yet, lateness(w, *owner, end));
  if (!is_json)
    print("Shard " + std::to_string(w.shard) + " is owned by " + shown(*owner) + ", after " +
          shown_duration(end.took->count()) + ".\n");
}

}  // namespace

void add_move(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<move_wishes>();
  auto* command = app.add_subcommand("move", "Wishes a shard for a node, and waits until it owns it");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("SHARD", w->shard, "The shard's number")->required();
  command->add_option("NODE", w->node, "The name of a node that lives");
  command->add_flag("--auto", w->is_auto, "Removes the wish: placement decides again");
  command->add_option("--wait", w->wait_seconds, "How long to wait for it; 0: not at all")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  command->footer(
      "A wish holds until it is removed. While its node does not live, or is drained, placement decides; when the\n"
      "node is back, the shard goes to it again.\n"
      "Examples:\n"
      "  parleyctl move 17 n2\n"
      "  parleyctl move 17 --auto --wait 0");
  command->callback([w, &is_json] { move_shard(*w, is_json); });
}

}  // namespace parley::ctl
