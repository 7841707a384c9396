#pragma once

#include "node/ctl/cluster_rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::ctl {

enum class node_state : std::uint8_t {
  alive,
  leaving,  ///< by its own wish: it stops
  drained,  ///< by an operator's
  gone,     ///< no lease of it stands
};
std::string_view name_of(node_state state);

/// One life of a node, as all databases together show it.
struct node_view {
  std::string name;
  std::string incarnation;
  std::string address;
  node_state state = node_state::gone;
  std::size_t leases = 0;      ///< databases in which its lease stands
  std::size_t shards = 0;      ///< that name it as their owner
  milliseconds renewed_ago{};  ///< in the database where that is longest ago

  bool lives() const { return state != node_state::gone; }
  /// As far as the rows tell: nodes also watch each other.
  bool takes_shards() const { return state == node_state::alive && !address.empty(); }
};

/// By name, what lives before what is gone.
std::vector<node_view> views_of(const std::vector<std::vector<lease_row>>& leases,
                                const std::vector<owned_row>& shards);
/// What an operator should look into.
std::vector<std::string> warnings_of(const std::vector<node_view>& nodes, std::size_t databases);
/// Without lives that ended and own nothing, where a later life of the same node lives.
std::vector<node_view> without_former_lives(std::vector<node_view> nodes);

/// The name of the node that should own a shard by placement alone. @param leases of the shard's database
/// @returns none where no node lives
std::optional<std::string> placed_at(std::uint32_t shard, const std::vector<lease_row>& leases);

}  // namespace parley::ctl
