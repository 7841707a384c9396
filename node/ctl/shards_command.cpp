#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/endpoint_rows.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace parley::ctl {
namespace {

struct shards_wishes {
  std::vector<std::string> dsns;
  std::optional<std::string> node;
  std::optional<std::size_t> database;
};

/// By the owner's name; an empty one: free.
std::map<std::string, std::size_t> sums_of(const std::vector<owned_row>& shards) {
  std::map<std::string, std::size_t> sums;
  for (const auto& s : shards) ++sums[shown_owner(s)];
  return sums;
}

/// By shard, from 0 on; empty: no node has named a list of endpoints yet.
using endpoints_by_shard = std::vector<std::size_t>;

endpoints_by_shard endpoints_in(cluster& where) {
  const auto list = known_endpoints(where.home());
  return list.empty() ? endpoints_by_shard{} : endpoint_places(where, list.size());
}

void print_table(const std::vector<owned_row>& shards, const endpoints_by_shard& endpoints) {
  table t{{{"SHARD", align::right},
           {"DATABASE", align::right},
           {"ENDPOINT", align::right},
           {"OWNER"},
           {"TERM", align::right},
           {"N", align::right},
           {"WISH"}}};
  for (const auto& s : shards)
    t.add({std::to_string(s.shard), std::to_string(s.database + 1),
           endpoints.empty() ? "" : std::to_string(endpoints[s.shard] + 1), shown_owner(s), std::to_string(s.term),
           std::to_string(s.n), s.wish});
  print(t.text());
  for (const auto& [owner, count] : sums_of(shards))
    print((owner.empty() ? "Nobody" : shown(owner)) + " owns " + counted(count, "shard") + ".\n");
}

void print_json(const std::vector<owned_row>& shards, const endpoints_by_shard& endpoints) {
  boost::json::array all, nodes;
  for (const auto& s : shards)
    all.push_back(boost::json::object{{"shard", s.shard},
                                      {"database", s.database + 1},
                                      {"endpoint", endpoints.empty() ? boost::json::value{} : endpoints[s.shard] + 1},
                                      {"owner", s.owner},
                                      {"incarnation", s.incarnation},
                                      {"is_owner_alive", s.has_lease},
                                      {"term", s.term},
                                      {"n", s.n},
                                      {"wish", s.wish}});
  std::map<std::string, std::size_t> sums;
  for (const auto& s : shards) ++sums[s.owner];
  for (const auto& [owner, count] : sums) nodes.push_back(boost::json::object{{"node", owner}, {"shards", count}});
  print(boost::json::object{{"shards", std::move(all)}, {"nodes", std::move(nodes)}});
}

void list_shards(const shards_wishes& w, bool is_json) {
  cluster where(w.dsns);
  if (w.database && *w.database > where.databases().size())
    throw refusal(exit_code::usage, "there is no database " + std::to_string(*w.database) + ": the list has " +
                                        std::to_string(where.databases().size()));
  auto shards = shards_of(where, w.database ? std::optional{*w.database - 1} : std::nullopt);
  if (w.node) std::erase_if(shards, [&](const auto& s) { return s.owner != *w.node; });
  const auto endpoints = endpoints_in(where);
  if (is_json) return print_json(shards, endpoints);
  print_table(shards, endpoints);
}

}  // namespace

void add_shards(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<shards_wishes>();
  auto* command = app.add_subcommand(
      "shards", "Shows the shards: where they live, who owns them, what is wished; moves their data and live copies");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("--node", w->node, "Only what this node owns")->type_name("NAME");
  command->add_option("--database", w->database, "Only what lives in this database of the list, from 1")
      ->type_name("N")
      ->check(CLI::Range(1, 65'536));
  command->footer(
      "TERM grows with each owner, N with each batch. `(gone)` is an owner without a lease: others take its shards\n"
      "within seconds. WISH is what `parleyctl move` wrote; where that node does not live, placement decides.\n"
      "Examples:\n"
      "  parleyctl shards --node n1\n"
      "  parleyctl shards --database 2 --json");
  add_shards_data(*command, is_json);
  add_shards_endpoint(*command, is_json);
  command->callback([w, command, &is_json] {
    if (command->get_subcommands().empty()) list_shards(*w, is_json);
  });
}

}  // namespace parley::ctl
