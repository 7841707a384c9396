#pragma once

#include "actors/core/lease.hpp"
#include "actors/core/placement.hpp"

#include "tests/core/given.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::testing {

inline const database_identity here{"sys", "00000001"};
inline const lease_options options{3000ms, 1000ms, 200ms};

inline lease valid_lease(std::uint32_t shards = 2) {
  std::vector<shard_id> wanted;
  for (auto i = shards; i > 0; --i) wanted.push_back(shard_id{i - 1});
  lease l{"us", wanted, options};
  (void)l.renewed({here, 1}, noon, noon);
  return l;
}
inline shard_row row(std::uint32_t shard, const std::string& owner, std::uint64_t t = 5, bool has_lease = false,
                     std::uint64_t renewals = 1) {
  return {shard_id{shard}, owner, term{t}, attempt{9}, has_lease, renewals};
}
inline claimed_shard won(std::uint32_t shard, std::uint64_t t) { return {shard_id{shard}, true, term{t}, attempt{9}}; }

// ---- other nodes beside "us" ----

inline constexpr std::uint32_t many = 64;

inline cluster_node node_of(const std::string& name, std::uint64_t renewals) {
  return {{name, name}, name + ":7000", false, true, renewals};
}
/// "us" among these, each renewed so often.
inline lease_renewal renewal_of(std::vector<std::string> others, std::uint64_t renewals) {
  lease_renewal answer{here, renewals, {node_of("us", renewals)}};
  for (const auto& name : others) answer.nodes.push_back(node_of(name, renewals));
  return answer;
}
inline std::vector<shard_row> free_rows() {
  std::vector<shard_row> rows;
  for (std::uint32_t i = 0; i < many; ++i) rows.push_back(row(i, ""));
  return rows;
}
inline std::size_t ours_of(const std::vector<std::string>& others) {
  std::vector<node_identity> nodes{{"us", "us"}};
  for (const auto& name : others) nodes.push_back({name, name});
  std::size_t ours = 0;
  for (std::uint32_t i = 0; i < many; ++i) ours += desired_owner(nodes, shard_id{i})->name == "us" ? 1 : 0;
  return ours;
}
inline void take_all(lease& l, instant when) {
  std::vector<claimed_shard> all;
  for (std::uint32_t i = 0; i < many; ++i) all.push_back(won(i, 6));
  (void)l.claimed(all, when);
}

}  // namespace parley::testing
