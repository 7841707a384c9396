#include "node/ctl/node_views.hpp"

#include "actors/core/placement.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace parley::ctl {
namespace {

node_state state_of(const lease_row& row) {
  if (!row.has_lease) return node_state::gone;
  if (row.is_leaving) return node_state::leaving;
  return row.is_asked_to_leave ? node_state::drained : node_state::alive;
}

/// What one database says outweighs another that says less: a wish to leave is written into one after the other.
int weight_of(node_state state) {
  switch (state) {
    case node_state::gone: return 0;
    case node_state::alive: return 1;
    case node_state::drained: return 2;
    case node_state::leaving: return 3;
  }
  return 0;
}

}  // namespace

std::string_view name_of(node_state state) {
  switch (state) {
    case node_state::alive: return "alive";
    case node_state::leaving: return "leaving";
    case node_state::drained: return "drained";
    case node_state::gone: return "gone";
  }
  return "";
}

std::vector<node_view> views_of(const std::vector<std::vector<lease_row>>& leases,
                                const std::vector<owned_row>& shards) {
  std::map<std::string, node_view> lives;
  for (const auto& of_database : leases) {
    for (const auto& row : of_database) {
      auto& view = lives[row.incarnation];
      view.name = row.node;
      view.incarnation = row.incarnation;
      const auto state = state_of(row);
      if (weight_of(state) > weight_of(view.state)) view.state = state;
      if (row.has_lease || view.address.empty()) view.address = row.address;
      view.leases += row.has_lease ? 1 : 0;
      view.renewed_ago = std::max(view.renewed_ago, row.renewed_ago);
    }
  }
  for (const auto& shard : shards) {
    if (const auto found = lives.find(shard.incarnation); found != lives.end()) ++found->second.shards;
  }
  std::vector<node_view> all;
  for (auto& [incarnation, view] : lives) all.push_back(std::move(view));
  std::ranges::sort(all, {}, [](const auto& v) { return std::tuple{v.name, !v.lives(), v.incarnation}; });
  return all;
}

std::vector<std::string> warnings_of(const std::vector<node_view>& nodes, std::size_t databases) {
  std::vector<std::string> warnings;
  std::map<std::string, int> lives;
  for (const auto& node : nodes) lives[node.name] += node.lives() ? 1 : 0;
  for (const auto& [name, count] : lives) {
    if (count > 1)
      warnings.push_back(std::to_string(count) + " nodes live under the name " + name +
                         ": shards move to and fro between them. Give each its own node_name");
  }
  for (const auto& node : nodes) {
    if (node.lives() && node.leases < databases)
      warnings.push_back(node.name + " has a lease in " + std::to_string(node.leases) + " of " +
                         std::to_string(databases) + " databases: is it cut off from the others?");
  }
  return warnings;
}

std::vector<node_view> without_former_lives(std::vector<node_view> nodes) {
  const auto all = nodes;
  std::erase_if(nodes, [&](const auto& node) {
    return !node.lives() && node.shards == 0 &&
           std::ranges::any_of(all, [&](const auto& other) { return other.lives() && other.name == node.name; });
  });
  return nodes;
}

std::optional<std::string> placed_at(std::uint32_t shard, const std::vector<lease_row>& leases) {
  std::vector<node_identity> takers, alive;
  for (const auto& row : leases) {
    if (!row.has_lease || row.is_leaving) continue;
    alive.push_back({row.node, row.incarnation});
    if (!row.is_asked_to_leave && !row.address.empty()) takers.push_back(alive.back());
  }
  const auto* owner = desired_owner(takers.empty() ? alive : takers, shard_id{shard});
  return owner == nullptr ? std::nullopt : std::optional{owner->name};
}

}  // namespace parley::ctl
