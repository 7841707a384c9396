#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/data_mover.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"
#include "node/ctl/waiting.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>

namespace parley::ctl {
namespace {

struct shards_data_wishes {
  std::vector<std::string> dsns;
  std::vector<std::uint32_t> shards;
  std::optional<std::size_t> to;  ///< from 1
  bool is_balance = false;
  bool is_abort = false;
  int wait_seconds = 10;
};

std::vector<wished_move> moves_of(cluster& where, const shards_data_wishes& w) {
  if (w.is_balance) return balancing_moves(where.places(), where.databases().size());
  if (*w.to > where.databases().size())
    throw refusal(exit_code::usage, "there is no database " + std::to_string(*w.to) + ": the list has " +
                                        std::to_string(where.databases().size()));
  std::vector<wished_move> moves;
  for (const auto shard : w.shards) {
    where.home_of(shard);  // refuses what does not exist
    moves.push_back({shard, *w.to - 1});
  }
  return moves;
}

/// Until a node owns it in its new place; without a live node there is nothing to wait for.
std::optional<milliseconds> wait_for_owner(cluster& where, const wished_move& move, const data_mover::outcome& end,
                                           int seconds_at_most) {
  auto& there = where.databases()[move.to];
  if (!end.frozen_at || there.ask("SELECT FROM parley.lease WHERE expires_at > clock_timestamp()").empty()) return {};
  const auto is_owned = [&] { return !moving_row_of(there, move.shard).owner.empty(); };
  if (!wait_until(is_owned, seconds{seconds_at_most}))
    throw refusal(exit_code::not_yet, "shard " + std::to_string(move.shard) + " lives in database " +
                                          std::to_string(move.to + 1) + ", and after " +
                                          std::to_string(seconds_at_most) +
                                          " s no node owns it: look at `parleyctl nodes` and into their logs");
  return std::chrono::duration_cast<milliseconds>(data_mover::clock::now() - *end.frozen_at);
}

boost::json::object told(const wished_move& move, const data_mover::outcome& end, std::optional<milliseconds> paused) {
  boost::json::object one{{"shard", move.shard},     {"to", move.to + 1},         {"events", end.copied.events},
                          {"keys", end.copied.keys}, {"rooms", end.copied.rooms}, {"paused_ms", nullptr}};
  if (paused) one["paused_ms"] = paused->count();
  return one;
}

void move_one(cluster& where, const shards_data_wishes& w, const wished_move& move, bool is_json,
              boost::json::array& all) {
  data_mover mover(where, move.shard, move.to, [&](const std::string& line) {
    if (!is_json) print(line + '\n');
  });
  const auto number = "Shard " + std::to_string(move.shard);
  if (w.is_abort) {
    mover.run_back();
    if (!is_json) print(number + " goes on where it was; what was copied is removed.\n");
    return all.push_back(boost::json::object{{"shard", move.shard}, {"to", nullptr}});
  }
  const auto end = mover.run(seconds{w.wait_seconds});
  const auto paused = wait_for_owner(where, move, end, w.wait_seconds);
  all.push_back(told(move, end, paused));
  if (is_json) return;
  print(number + " lives in database " + std::to_string(move.to + 1) + ": " + counted(end.copied.events, "event") +
        " and " + counted(end.copied.keys, "key") + " copied and compared" +
        (paused ? "; writes waited for " + shown_duration(paused->count()) : "") + ".\n");
}

void move_data(const shards_data_wishes& w, bool is_json) {
  if (w.is_balance ? (w.to || !w.shards.empty() || w.is_abort) : (!w.to || w.shards.empty()))
    throw refusal(exit_code::usage, "name the shards and --to, or give --balance alone");
  cluster where(w.dsns, cluster::care::mending);
  where.refuse_unless_whole();
  if (where.home().ask("SELECT databases FROM parley.cluster").at(0).number(0) == 0)
    where.home().refuse(exit_code::usage, "knows no list of databases yet: start a node first");
  take_turn(where);
  const auto moves = moves_of(where, w);
  if (!w.is_abort) keep_places(where.home(), where.databases().size(), where.shards());
  boost::json::array all;
  for (const auto& move : moves) {
    if (!w.is_abort) refuse_unless_all_know(where, move.to);
    move_one(where, w, move, is_json, all);
  }
  if (is_json) return print(boost::json::object{{"moves", std::move(all)}});
  if (moves.empty()) print("The shards are spread evenly.\n");
}

/// What moved away stays until somebody says that it may go.
void purge_data(const shards_data_wishes& w, bool is_json) {
  cluster where(w.dsns);
  take_turn(where);
  std::size_t gone = 0;
  for (auto& one : where.databases()) {
    for (const auto& left :
         one.ask("SELECT shard FROM parley.shard WHERE moved_to NOT LIKE 'arriving%' ORDER BY shard")) {
      const auto shard = static_cast<std::uint32_t>(left.number(0));
      const bool is_wished = w.shards.empty() || std::ranges::find(w.shards, shard) != w.shards.end();
      if (!is_wished || where.places().at(shard) == one.place()) continue;  // frozen, and not yet active elsewhere
      gone += clear_rooms(one, shard);
    }
  }
  if (is_json) return print(boost::json::object{{"rows", gone}});
  print(counted(gone, "row") + " of shards that live elsewhere removed.\n");
}

void add_purge(CLI::App& shards, const bool& is_json) {
  auto w = std::make_shared<shards_data_wishes>();
  auto* command = shards.add_subcommand("purge-data", "Removes the copies that moved shards have left behind");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("SHARD", w->shards, "Only of these shards");
  command->footer(
      "The rows that say that a shard moved stay, for ever.\n"
      "Examples:\n"
      "  parleyctl shards purge-data");
  command->callback([w, &is_json] { purge_data(*w, is_json); });
}

}  // namespace

void add_shards_data(CLI::App& shards, const bool& is_json) {
  auto w = std::make_shared<shards_data_wishes>();
  auto* command = shards.add_subcommand("move-data", "Moves shards' rooms to another database, while clients stay");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("SHARD", w->shards, "The shards' numbers");
  command->add_option("--to", w->to, "The database's number in the list, from 1")
      ->type_name("N")
      ->check(CLI::Range(1, 65'536));
  command->add_flag("--balance", w->is_balance, "As few moves as spread all shards evenly");
  command->add_flag("--abort", w->is_abort, "Takes a move back that has not come to its end");
  command->add_option("--wait", w->wait_seconds, "How long a shard may stand still until its owner has given it back")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  command->footer(
      "Copies while nodes serve the shard; then its owner gives it back, the rest is copied, both copies are "
      "compared,\n"
      "and the nodes go on in the other database: writes wait meanwhile, a second or two. Interrupted at any point,\n"
      "the same command goes on. The old copy stays until `parleyctl shards purge-data`.\n"
      "Examples:\n"
      "  parleyctl shards move-data 17 18 --to 3\n"
      "  parleyctl shards move-data --balance\n"
      "  parleyctl shards move-data 17 --to 3 --abort");
  command->callback([w, &is_json] { move_data(*w, is_json); });
  add_purge(shards, is_json);
}

}  // namespace parley::ctl
