#include "actors/core/node_watch.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

constexpr std::uint32_t advances_min = 3;    // a lost link may leave a renewal on its way, and so may the next one
constexpr std::uint32_t idle_looks_max = 3;  // two periods: who lives has renewed by then

}  // namespace

node_watch::node_watch(std::string self, milliseconds lease_time)
    : self_{{}, std::move(self)}, lease_time_(lease_time) {}

void node_watch::renewed(const std::vector<cluster_node>& nodes, instant now) {
  nodes_ = nodes;
  for (const auto& row : nodes_) {
    if (row.node.incarnation == self_.incarnation) {
      self_.name = row.node.name;
      is_reachable_ = !row.peer_address.empty();
    }
    auto [seen, is_new] = sights_.try_emplace(
        row.node.incarnation, sight{row.renewals, row.renewals, now, now, 0, 0, !has_looked_ && row.has_lease});
    ++seen->second.looks;
    if (!is_new && seen->second.renewals != row.renewals) {
      seen->second.renewals = row.renewals;
      seen->second.since = now;
      ++seen->second.advances;
    }
  }
  has_looked_ = true;
  std::erase_if(sights_, [&](const auto& seen) {
    return std::ranges::none_of(nodes_, [&](const auto& row) { return row.node.incarnation == seen.first; });
  });
}

const cluster_node* node_watch::namesake() const {
  const auto found = std::ranges::find_if(nodes_, [&](const auto& row) {
    if (row.node.name != self_.name || row.node.incarnation == self_.incarnation) return false;
    const auto& seen = sights_.at(row.node.incarnation);
    const bool still_renews = seen.advances >= advances_min && seen.since - seen.first_at >= 2 * lease_time_;
    return row.has_lease && !row.is_leaving && seen.was_before && still_renews;
  });
  return found == nodes_.end() ? nullptr : &*found;
}

bool node_watch::is_live(const cluster_node& node, instant now) const {
  if (!node.has_lease || node.is_leaving || node.peer_address.empty()) return false;
  if (node.node.incarnation == self_.incarnation) return false;
  const auto seen = sights_.find(node.node.incarnation);
  if (seen == sights_.end() || (seen->second.advances == 0 && seen->second.looks >= idle_looks_max)) return false;
  return now - seen->second.since < 2 * lease_time_;
}

std::vector<node_identity> node_watch::others(instant now) const {
  std::vector<node_identity> live;
  for (const auto& row : nodes_) {
    if (is_live(row, now)) live.push_back(row.node);
  }
  return live;
}

std::vector<node_identity> node_watch::settled(instant now) const {
  std::vector<node_identity> live;
  for (const auto& row : nodes_) {
    if (is_live(row, now) && row.renewals > sights_.at(row.node.incarnation).first) live.push_back(row.node);
  }
  return live;
}

}  // namespace parley
