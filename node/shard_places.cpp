#include "node/shard_places.hpp"

#include "node/refusal_to_start.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <thread>

namespace parley {
namespace {

template <class Answer>
using question = void (ownership_log::*)(completion<Answer>);

template <class Answer>
result<Answer> ask(ownership_log& owners, question<Answer> what, milliseconds at_most) {
  auto answer = std::make_shared<std::promise<result<Answer>>>();
  auto waiting = answer->get_future();
  (owners.*what)([answer](result<Answer> said) { answer->set_value(std::move(said)); });
  if (waiting.wait_for(at_most) != std::future_status::ready) return error{errc::unavailable, "no answer in time"};
  return waiting.get();
}

/// The adapter has only begun to connect: until it has, it refuses at once.
template <class Answer>
Answer ask_once_connected(ownership_log& owners, question<Answer> what, milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    auto said = ask(owners, what, at_most);
    if (said.has_value()) return std::move(*said);
    if (std::chrono::steady_clock::now() >= end)
      throw refusal_to_start(exit_code::unavailable, "a database: " + said.error().detail);
    std::this_thread::sleep_for(milliseconds{20});
  }
}

/// Calls `deed(shard, place)` for each shard that was owned in another place than its own.
template <class Deed>
void each_elsewhere(const std::vector<database_view>& views, const std::vector<shard_route>& routes, Deed deed) {
  for (std::size_t place = 0; place < views.size(); ++place) {
    for (const auto& row : views[place].rows) {
      const bool was_owned = row.term.value > 0;
      if (!was_owned || row.shard.value >= routes.size()) continue;
      if (routes[row.shard.value].database.value != place) deed(row.shard, place);
    }
  }
}

bool has_departed(const std::vector<database_view>& views, const std::vector<shard_route>& routes, shard_id shard) {
  const auto wanted = routes[shard.value].database.value;
  return wanted < views.size() && std::ranges::count(views[wanted].departed, shard) > 0;
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

std::vector<shard_id> shards_on_their_way(const std::vector<database_view>& views,
                                          const std::vector<shard_route>& routes) {
  std::vector<shard_id> found;
  each_elsewhere(views, routes, [&](shard_id shard, std::size_t) {
    if (has_departed(views, routes, shard)) found.push_back(shard);
  });
  return found;
}

std::optional<std::string> misplaced_shard(const std::vector<database_view>& views,
                                           const std::vector<shard_route>& routes) {
  std::optional<std::string> wrong;
  each_elsewhere(views, routes, [&](shard_id shard, std::size_t place) {
    if (wrong || has_departed(views, routes, shard)) return;
    wrong = "shard " + std::to_string(shard.value) + " lives in database " + std::to_string(place + 1) +
            " of the list, but this list would put it into database " +
            std::to_string(routes[shard.value].database.value + 1) +
            ": name the same databases in the same order as before";
  });
  return wrong;
}

void check_shard_places(const std::vector<database_ports>& databases, const std::vector<shard_route>& routes,
                        milliseconds at_most, log& out) {
  std::vector<database_view> views;
  for (const auto& database : databases)
    views.push_back({ask_once_connected(*database.owners, &ownership_log::survey, at_most), {}});
  // Only now: a shard that one survey found in its new place had departed from the former one before.
  for (std::size_t place = 0; place < views.size(); ++place)
    views[place].departed = ask_once_connected(*databases[place].owners, &ownership_log::departed, at_most);
  if (auto wrong = misplaced_shard(views, routes)) throw refusal_to_start(exit_code::incompatible, *wrong);
  for (const auto shard : shards_on_their_way(views, routes)) {
    out.write(log_level::warn, "shard.on_its_way",
              {{"shard", std::to_string(shard.value)},
               {"why",
                "its rooms have come to another database, and the map does not say so yet: where `parleyctl shards "
                "move-data` was interrupted, repeat it"}});
  }
}

}  // namespace parley
