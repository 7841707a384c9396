#include "node/ctl/endpoint_rows.hpp"

#include "node/ctl/shard_moves.hpp"
#include "node/ctl/table.hpp"

#include <sstream>

namespace parley::ctl {
namespace {

constexpr const char* keep_sql = R"(
UPDATE parley.place SET endpoint = shard % $1::int4 + 1
WHERE endpoint IS NULL AND (SELECT endpoints FROM parley.cluster) = $2)";

constexpr const char* lengthen_endpoints_sql =
    "UPDATE parley.cluster SET endpoints = endpoints || ' ' || $2 WHERE endpoints = $1 RETURNING 1";

constexpr const char* place_on_endpoints_sql = PARLEY_TELL_NODES R"(
UPDATE parley.place p SET endpoint = m.endpoint
FROM unnest($1::int4[], $2::int4[]) AS m(shard, endpoint) WHERE p.shard = m.shard)";

constexpr const char* nodes_sql =
    "SELECT node, endpoints, map FROM parley.lease WHERE expires_at > clock_timestamp() ORDER BY node, owner";

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& each : list) text += (text.empty() ? "" : " ") + each;
  return text;
}

}  // namespace

std::vector<std::string> known_endpoints(database& home) {
  std::istringstream words(home.ask("SELECT endpoints FROM parley.cluster").at(0).text(0));
  std::vector<std::string> list;
  for (std::string word; words >> word;) list.push_back(word);
  return list;
}

std::vector<std::string> endpoints_of(database& home) {
  auto list = known_endpoints(home);
  if (list.empty()) home.refuse(exit_code::usage, "knows no list of Redis endpoints yet: start a node first");
  return list;
}

std::vector<std::size_t> endpoint_places(cluster& where, std::size_t endpoints) {
  std::vector<std::size_t> places;
  for (std::uint32_t shard = 0; shard < where.shards(); ++shard) places.push_back(shard % endpoints);
  for (const auto& kept : where.home().ask("SELECT shard, endpoint - 1 FROM parley.place WHERE endpoint IS NOT NULL "
                                           "AND shard < $1::int4",
                                           {std::to_string(where.shards())}))
    places[static_cast<std::size_t>(kept.number(0))] = static_cast<std::size_t>(kept.number(1));
  return places;
}

bool keeps_endpoints(database& home) {
  return !home.ask("SELECT FROM parley.place WHERE endpoint IS NOT NULL LIMIT 1").empty();
}

void keep_endpoints(cluster& where, const std::vector<std::string>& list) {
  keep_places(where.home(), where.databases().size(), where.shards());
  where.home().ask(keep_sql, {std::to_string(list.size()), joined(list)});
}

bool lengthen_endpoints(database& home, const std::vector<std::string>& list, const std::string& added) {
  return !home.ask(lengthen_endpoints_sql, {joined(list), added}).empty();
}

void place_endpoints(database& home, const std::vector<wished_move>& moves) {
  std::string shards, endpoints;
  for (const auto& move : moves) {
    shards += (shards.empty() ? "" : ",") + std::to_string(move.shard);
    endpoints += (endpoints.empty() ? "" : ",") + std::to_string(move.to + 1);
  }
  home.ask(place_on_endpoints_sql, {'{' + shards + '}', '{' + endpoints + '}'});
}

std::vector<hearing_node> hearing_nodes(database& home) {
  std::vector<hearing_node> nodes;
  for (const auto& r : home.ask(nodes_sql))
    nodes.push_back({r.text(0), static_cast<std::size_t>(r.number(1)), static_cast<std::uint64_t>(r.number(2))});
  return nodes;
}

std::uint64_t map_version(database& home) {
  return static_cast<std::uint64_t>(home.ask("SELECT changes FROM parley.cluster").at(0).number(0));
}

void refuse_unless_all_have(database& home, std::size_t place) {
  std::string names;
  for (const auto& node : hearing_nodes(home)) {
    if (node.endpoints <= place) names += (names.empty() ? "" : ", ") + shown(node.name);
  }
  if (names.empty()) return;
  throw refusal(exit_code::incompatible, "these nodes do not use Redis endpoint " + std::to_string(place + 1) + ": " +
                                             names + ". Restart each with the cluster's whole list of endpoints first");
}

}  // namespace parley::ctl
