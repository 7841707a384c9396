#include "actors/core/placement.hpp"

#include <tuple>
#include <utility>

namespace parley {

std::uint64_t placement_score(std::string_view node, shard_id shard) {
  std::uint64_t h = 0xcbf29ce484222325;  // FNV-1a for the name, then the finalizer of SplitMix64 over both
  for (const char c : node) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  h += (std::uint64_t{shard.value} + 1) * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
  h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
  return h ^ (h >> 31);
}

const node_identity* desired_owner(const std::vector<node_identity>& nodes, shard_id shard, std::string_view wish) {
  const node_identity* best = nullptr;
  std::pair<bool, std::uint64_t> best_rank;
  for (const auto& node : nodes) {
    const std::pair rank{!wish.empty() && node.name == wish, placement_score(node.name, shard)};
    // Two lives of one node: the same answer for all who look, until the former one's lease has ended.
    if (best == nullptr || std::tie(rank, node.incarnation) > std::tie(best_rank, best->incarnation)) {
      best = &node;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace parley
