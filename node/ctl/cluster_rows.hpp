#pragma once

#include "actors/core/time.hpp"
#include "node/ctl/cluster.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the databases say of nodes, shards and rooms, and the two wishes that an operator writes into them. The SQL and
/// its readers.
namespace parley::ctl {

/// A node's lease row in one database.
struct lease_row {
  std::string incarnation;
  std::string node;
  std::string address;  ///< of its links; empty: it has none
  bool is_leaving = false;
  bool is_asked_to_leave = false;
  bool has_lease = false;
  milliseconds renewed_ago{};
};

struct owned_row {
  std::uint32_t shard = 0;
  std::size_t database = 0;  ///< its place in the list, from 0
  std::uint64_t term = 0;
  std::uint64_t n = 0;
  std::string incarnation;  ///< of its owner; empty: free
  std::string owner;        ///< the owner's name; empty: free, or a life that no row names any more
  bool has_lease = false;   ///< the owner's lease stands
  std::string wish;
};

struct room_row {
  std::string name;
  std::string instance;
  std::string id;
  std::uint32_t shard = 0;
  std::string owner;
  std::uint64_t head_term = 0;
  std::uint64_t head_seq = 0;
  std::string created_at;      ///< 2026-11-24T18:00:00Z
  std::int64_t age_order = 0;  ///< larger is newer
};

struct room_filter {
  std::optional<std::string> name;
  std::optional<std::string> instance;
  std::optional<std::uint32_t> shard;
  std::size_t limit = 50;
};

/// For each database of the list.
std::vector<std::vector<lease_row>> leases_of(cluster& where);
/// In the order of their numbers. @param place only this database's
std::vector<owned_row> shards_of(cluster& where, std::optional<std::size_t> place = {});
owned_row shard_at(cluster& where, std::uint32_t shard);
/// Newest first.
std::vector<room_row> rooms_of(cluster& where, const room_filter& wanted);
/// Shards that name a life of this node as their owner, in all databases.
std::size_t count_owned(cluster& where, const std::string& node);

/// @param node empty: no wish
void wish_for(cluster& where, std::uint32_t shard, const std::string& node);
/// Asks all live lives of a node to leave, or all lives no longer. @returns in how many databases it has such a row
std::size_t ask_to_leave(cluster& where, const std::string& node, bool is_asked);

}  // namespace parley::ctl
