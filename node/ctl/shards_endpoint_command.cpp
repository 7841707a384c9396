#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/data_mover.hpp"
#include "node/ctl/endpoint_rows.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"
#include "node/ctl/waiting.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>

namespace parley::ctl {
namespace {

struct shards_endpoint_wishes {
  std::vector<std::string> dsns;
  std::vector<std::uint32_t> shards;
  std::optional<std::size_t> to;  ///< from 1
  bool is_balance = false;
  int wait_seconds = 10;
};

/// Those that are not there yet.
std::vector<wished_move> moves_of(cluster& where, const shards_endpoint_wishes& w, std::size_t endpoints) {
  const auto places = endpoint_places(where, endpoints);
  if (w.is_balance) return balancing_moves(places, endpoints);
  if (*w.to > endpoints)
    throw refusal(exit_code::usage, "there is no Redis endpoint " + std::to_string(*w.to) + ": the list has " +
                                        std::to_string(endpoints));
  std::vector<wished_move> moves;
  for (const auto shard : w.shards) {
    where.home_of(shard);  // refuses what does not exist
    const bool is_named = std::ranges::find(moves, shard, &wished_move::shard) != moves.end();
    if (places[shard] != *w.to - 1 && !is_named) moves.push_back({shard, *w.to - 1});
  }
  return moves;
}

std::string nodes_behind(database& home, std::uint64_t version) {
  std::string names;
  for (const auto& node : hearing_nodes(home)) {
    if (node.map < version) names += (names.empty() ? "" : ", ") + shown(node.name);
  }
  return names;
}

/// Until every live node goes by the map as it is now: also of a run that was interrupted.
milliseconds wait_for_all(database& home, int seconds_at_most) {
  const auto version = map_version(home);
  if (const auto took = wait_until([&] { return nodes_behind(home, version).empty(); }, seconds{seconds_at_most}))
    return *took;
  throw refusal(exit_code::not_yet,
                "the map is written, and after " + std::to_string(seconds_at_most) +
                    " s these nodes do not go by it: " + nodes_behind(home, version) +
                    ". Their readers see events of these shards by polling until they do: look at `parleyctl nodes` "
                    "and into their logs");
}

void print_moves(const std::vector<wished_move>& moves, std::optional<milliseconds> took, bool is_json) {
  if (is_json) {
    boost::json::array all;
    for (const auto& move : moves) all.push_back(boost::json::object{{"shard", move.shard}, {"to", move.to + 1}});
    boost::json::object document{{"moves", std::move(all)}, {"took_ms", nullptr}};
    if (took) document["took_ms"] = took->count();
    return print(document);
  }
  if (moves.empty()) return print("The shards are there already; nothing was changed.\n");
  print(counted(moves.size(), "shard") + " moved" +
        (took ? "; every live node goes by it, after " + shown_duration(took->count()) : "") + ".\n");
}

void move_endpoint(const shards_endpoint_wishes& w, bool is_json) {
  if (w.is_balance ? (w.to || !w.shards.empty()) : (!w.to || w.shards.empty()))
    throw refusal(exit_code::usage, "name the shards and --to, or give --balance alone");
  cluster where(w.dsns);
  take_turn(where);
  const auto list = endpoints_of(where.home());
  const auto moves = moves_of(where, w, list.size());
  if (!moves.empty()) {
    refuse_unless_all_have(where.home(), std::ranges::max(moves, {}, &wished_move::to).to);
    keep_endpoints(where, list);
    place_endpoints(where.home(), moves);
  }
  const auto took = w.wait_seconds == 0 ? std::nullopt : std::optional{wait_for_all(where.home(), w.wait_seconds)};
  print_moves(moves, took, is_json);
}

}  // namespace

void add_shards_endpoint(CLI::App& shards, const bool& is_json) {
  auto w = std::make_shared<shards_endpoint_wishes>();
  auto* command =
      shards.add_subcommand("move-endpoint", "Moves shards' live copies to another Redis endpoint, while clients stay");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("SHARD", w->shards, "The shards' numbers");
  command->add_option("--to", w->to, "The endpoint's number in the list, from 1")
      ->type_name("N")
      ->check(CLI::Range(1, 65'536));
  command->add_flag("--balance", w->is_balance, "As few moves as spread all shards evenly");
  command->add_option("--wait", w->wait_seconds, "How long to wait until every live node goes by it; 0: not at all")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 600))
      ->capture_default_str();
  command->footer(
      "Nothing is copied, and nothing waits: nodes publish and listen at both endpoints for some seconds. "
      "Interrupted,\n"
      "repeat it.\n"
      "Examples:\n"
      "  parleyctl shards move-endpoint 17 18 --to 3\n"
      "  parleyctl shards move-endpoint --balance");
  command->callback([w, &is_json] { move_endpoint(*w, is_json); });
}

}  // namespace parley::ctl
