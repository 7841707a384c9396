#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/data_mover.hpp"
#include "node/ctl/endpoint_rows.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"
#include "storage/redis/redis_url.hpp"
#include "storage/redis/try_endpoint.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>
#include <set>

namespace parley::ctl {
namespace {

constexpr milliseconds answer_wait{3000};  // of each server: an operator waits for it

struct endpoints_wishes {
  std::vector<std::string> dsns;
  std::string added;
  bool is_untried = false;
};

/// Of one entry of the list.
std::set<std::string> servers_of(std::string entry) {
  entry.erase(0, entry.starts_with("redis+cluster://") ? std::string_view("redis+cluster://").size() : 0);
  std::set<std::string> servers;
  for (std::size_t from = 0; from <= entry.size();) {
    const auto comma = std::min(entry.find(',', from), entry.size());
    servers.insert(entry.substr(from, comma - from));
    from = comma + 1;
  }
  return servers;
}

redis_endpoint parsed(const std::string& url) {
  auto endpoint = parse_redis_url(url);
  if (!endpoint)
    throw refusal(exit_code::usage, "the endpoint to add: " + endpoint.error().detail +
                                        ". It takes redis://[USER[:PASSWORD]@]HOST[:PORT] or "
                                        "redis+cluster://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]...");
  return std::move(*endpoint);
}

/// Two entries of one server would count its loss twice, and spread nothing.
void refuse_if_listed(const std::vector<std::string>& list, const std::string& added) {
  const auto servers = servers_of(added);
  for (std::size_t place = 0; place < list.size(); ++place) {
    for (const auto& known : servers_of(list[place])) {
      if (servers.contains(known))
        throw refusal(exit_code::usage,
                      known + " is number " + std::to_string(place + 1) + " of the cluster's Redis endpoints already");
    }
  }
}

void refuse_unless_it_answers(const redis_endpoint& endpoint) {
  if (const auto why = try_endpoint(endpoint, answer_wait))
    throw refusal(exit_code::unavailable,
                  "Redis at " + endpoint.shown() + " does not answer as it should: " + why->detail +
                      ". Does it run, and are address, user and password right? Where only the nodes can reach it, "
                      "--no-ping adds it untried");
}

/// As the interrupted run of this command would have left it.
bool was_just_added(cluster& where, const std::vector<std::string>& list, const std::string& added) {
  if (list.size() < 2 || list.back() != added || !keeps_endpoints(where.home())) return false;
  return std::ranges::count(endpoint_places(where, list.size()), list.size() - 1) == 0;
}

std::size_t add_endpoint(cluster& where, const redis_endpoint& endpoint, bool is_untried) {
  const auto added = endpoint.shown();
  const auto list = endpoints_of(where.home());
  if (was_just_added(where, list, added)) return list.size();
  refuse_if_listed(list, added);
  if (!is_untried) refuse_unless_it_answers(endpoint);
  keep_endpoints(where, list);
  if (!lengthen_endpoints(where.home(), list, added))
    where.home().refuse(exit_code::not_yet, "was changed meanwhile: repeat the command");
  return list.size() + 1;
}

void add(const endpoints_wishes& w, bool is_json) {
  const auto endpoint = parsed(w.added);
  cluster where(w.dsns);
  take_turn(where);
  const auto number = add_endpoint(where, endpoint, w.is_untried);
  if (is_json) return print(boost::json::object{{"endpoint", number}});
  print("It is Redis endpoint " + std::to_string(number) +
        " of the cluster, and has no shard yet. Nodes run on, and start no more without it: restart each with it at "
        "the end of `redis`, then `parleyctl shards move-endpoint`.\n");
}

void list(const endpoints_wishes& w, bool is_json) {
  cluster where(w.dsns);
  const auto all = endpoints_of(where.home());
  const auto places = endpoint_places(where, all.size());
  const auto nodes = hearing_nodes(where.home());
  table t{{{"ENDPOINT", align::right}, {"SHARDS", align::right}, {"NODES", align::right}, {"ADDRESS"}}};
  boost::json::array told;
  for (std::size_t place = 0; place < all.size(); ++place) {
    const auto held = std::ranges::count(places, place);
    const auto used = std::ranges::count_if(nodes, [&](const auto& node) { return node.endpoints > place; });
    t.add({std::to_string(place + 1), std::to_string(held), std::to_string(used) + '/' + std::to_string(nodes.size()),
           all[place]});
    told.push_back(
        boost::json::object{{"endpoint", place + 1}, {"shards", held}, {"nodes", used}, {"address", all[place]}});
  }
  if (is_json) return print(boost::json::object{{"endpoints", std::move(told)}, {"nodes", nodes.size()}});
  print(t.text());
}

void add_endpoint_subcommand(CLI::App& endpoints, const bool& is_json) {
  auto w = std::make_shared<endpoints_wishes>();
  auto* command = endpoints.add_subcommand("add", "Makes a Redis endpoint the cluster's next one");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("URL", w->added, "The endpoint to add, as the nodes' setting `redis` will name it")->required();
  command->add_flag("--no-ping", w->is_untried, "Does not try it from here");
  command->footer(
      "It must answer from here. Shards stay where they are. The address is kept, user and password are not.\n"
      "Examples:\n"
      "  parleyctl endpoints add redis://redis3:6379");
  command->callback([w, &is_json] { add(*w, is_json); });
}

}  // namespace

void add_endpoints_command(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<endpoints_wishes>();
  auto* command = app.add_subcommand("endpoints", "Shows the cluster's Redis endpoints, and adds one");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->footer(
      "NODES counts the live nodes whose list has the endpoint.\n"
      "Examples:\n"
      "  parleyctl endpoints --json");
  add_endpoint_subcommand(*command, is_json);
  command->callback([w, command, &is_json] {
    if (command->get_subcommands().empty()) list(*w, is_json);
  });
}

}  // namespace parley::ctl
