#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <memory>

namespace parley::ctl {
namespace {

struct nodes_wishes {
  std::vector<std::string> dsns;
  bool shows_all = false;
};

void print_table(const std::vector<node_view>& nodes, std::size_t databases) {
  table t{{{"NODE"},
           {"LIFE"},
           {"ADDRESS"},
           {"STATE"},
           {"SHARDS", align::right},
           {"LEASES", align::right},
           {"RENEWED", align::right}}};
  for (const auto& n : nodes)
    t.add({n.name, shortened(n.incarnation), n.address, std::string(name_of(n.state)), std::to_string(n.shards),
           std::to_string(n.leases) + '/' + std::to_string(databases), shown_duration(n.renewed_ago.count()) + " ago"});
  print(nodes.empty() ? "No node has a lease in these databases.\n" : t.text());
}

void print_json(const std::vector<node_view>& nodes, const std::vector<std::string>& warnings) {
  boost::json::array all, said;
  for (const auto& n : nodes)
    all.push_back(boost::json::object{{"name", n.name},
                                      {"incarnation", n.incarnation},
                                      {"address", n.address},
                                      {"state", name_of(n.state)},
                                      {"shards", n.shards},
                                      {"leases", n.leases},
                                      {"renewed_ms_ago", n.renewed_ago.count()}});
  for (const auto& warning : warnings) said.emplace_back(warning);
  print(boost::json::object{{"nodes", std::move(all)}, {"warnings", std::move(said)}});
}

void list_nodes(const nodes_wishes& w, bool is_json) {
  cluster where(w.dsns);
  auto nodes = views_of(leases_of(where), shards_of(where));
  const auto warnings = warnings_of(nodes, where.databases().size());
  if (!w.shows_all) nodes = without_former_lives(std::move(nodes));
  if (is_json) return print_json(nodes, warnings);
  print_table(nodes, where.databases().size());
  warn(warnings);
}

}  // namespace

void add_nodes(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<nodes_wishes>();
  auto* command = app.add_subcommand("nodes", "Shows the cluster's nodes: who lives, leaves, is drained or gone");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_flag("--all", w->shows_all, "Also former lives of nodes that live again");
  command->footer(
      "LIFE tells two lives of one node apart; LEASES says in how many of the databases it has one; RENEWED is\n"
      "longest ago among them, and more than 3 s is too long. A node that stopped in order is not shown; one that\n"
      "was killed is `gone` for a day.\n"
      "Examples:\n"
      "  parleyctl nodes --postgres postgresql://parley@db1/parley --postgres postgresql://parley@db2/parley\n"
      "  PARLEY_POSTGRES='postgresql://parley@db1/parley;postgresql://parley@db2/parley' parleyctl nodes --json");
  command->callback([w, &is_json] { list_nodes(*w, is_json); });
}

}  // namespace parley::ctl
