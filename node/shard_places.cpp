#include "node/shard_places.hpp"

#include "node/refusal_to_start.hpp"

#include <future>
#include <memory>
#include <thread>

namespace parley {
namespace {

using survey_result = result<std::vector<shard_row>>;

survey_result survey(ownership_log& owners, milliseconds at_most) {
  auto answer = std::make_shared<std::promise<survey_result>>();
  auto waiting = answer->get_future();
  owners.survey([answer](survey_result rows) { answer->set_value(std::move(rows)); });
  if (waiting.wait_for(at_most) != std::future_status::ready) return error{errc::unavailable, "no answer in time"};
  return waiting.get();
}

/// The adapter has only begun to connect: until it has, it refuses at once.
survey_result survey_once_connected(ownership_log& owners, milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    auto rows = survey(owners, at_most);
    if (rows.has_value() || std::chrono::steady_clock::now() >= end) return rows;
    std::this_thread::sleep_for(milliseconds{20});
  }
}

}  // namespace

std::vector<shard_route> spread_shards(std::uint32_t shards, std::size_t databases, std::size_t endpoints) {
  std::vector<shard_route> routes;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    routes.push_back({database_id{static_cast<std::uint32_t>(shard % databases)}, shard % endpoints});
  }
  return routes;
}

std::vector<shard_route> place_shards(const shard_places& places, std::uint32_t shards, std::size_t databases,
                                      std::size_t endpoints) {
  auto routes = spread_shards(shards, databases, endpoints);
  for (std::size_t shard = 0; shard < routes.size() && shard < places.databases.size(); ++shard) {
    const auto place = places.databases[shard];
    if (place.value >= databases)
      throw refusal_to_start(exit_code::incompatible,
                             "shard " + std::to_string(shard) + " lives in database " +
                                 std::to_string(place.value + 1) + " of the cluster, this node's list is " +
                                 std::to_string(databases) + " long: name the databases of the other nodes");
    routes[shard].database = place;
  }
  for (std::size_t shard = 0; shard < routes.size() && shard < places.endpoints.size(); ++shard) {
    const auto place = places.endpoints[shard];
    if (place >= endpoints)
      throw refusal_to_start(exit_code::incompatible,
                             "shard " + std::to_string(shard) + " has Redis endpoint " + std::to_string(place + 1) +
                                 " of the cluster, this node's list is " + std::to_string(endpoints) +
                                 " long: name the Redis endpoints of the other nodes");
    routes[shard].endpoint = place;
  }
  return routes;
}

std::optional<std::string> misplaced_shard(const std::vector<std::vector<shard_row>>& rows,
                                           const std::vector<shard_route>& routes) {
  for (std::size_t place = 0; place < rows.size(); ++place) {
    for (const auto& row : rows[place]) {
      const bool was_owned = row.term.value > 0;
      if (!was_owned || row.shard.value >= routes.size()) continue;
      const auto wanted = routes[row.shard.value].database.value;
      if (wanted == place) continue;
      return "shard " + std::to_string(row.shard.value) + " lives in database " + std::to_string(place + 1) +
             " of the list, but this list would put it into database " + std::to_string(wanted + 1) +
             ": name the same databases in the same order as before. Where `parleyctl shards move-data` was "
             "interrupted, "
             "repeat it";
    }
  }
  return std::nullopt;
}

void check_shard_places(const std::vector<database_ports>& databases, const std::vector<shard_route>& routes,
                        milliseconds at_most) {
  std::vector<std::vector<shard_row>> rows;
  for (const auto& database : databases) {
    auto answer = survey_once_connected(*database.owners, at_most);
    if (answer.has_error()) throw refusal_to_start(exit_code::unavailable, "a database: " + answer.error().detail);
    rows.push_back(std::move(*answer));
  }
  if (auto wrong = misplaced_shard(rows, routes)) throw refusal_to_start(exit_code::incompatible, *wrong);
}

}  // namespace parley
