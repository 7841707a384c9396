#pragma once

#include "actors/core/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace parley {

/// The channel of a node's own canaries.
struct canary_channel {
  friend bool operator==(const canary_channel&, const canary_channel&) = default;
};

/// What a channel carries: what arrives on it must speak of the same.
using channel_subject = std::variant<room_key, shard_id, canary_channel>;

/// How channels are named on the wire. The braces make a shard one hash slot of a Redis Cluster.
class channel_names {
public:
  /// @param own random: tells this process's canaries from those of all others
  channel_names(std::string cluster_id, std::string own) : cluster_id_(std::move(cluster_id)), own_(std::move(own)) {}

  std::string room(shard_id shard, const room_key& key) const { return shard_prefix(shard) + ":room:" + key.hex(); }
  std::string beacon(shard_id shard) const { return shard_prefix(shard) + ":beacon"; }
  std::string canary() const { return "parley:{" + cluster_id_ + ":canary}:" + own_; }
  /// In a Redis Cluster each master has a canary of its own, in a slot of its own: the number chooses which
  /// (storage/redis/cluster_book.hpp).
  std::string canary(std::uint32_t number) const { return canary_tag(number) + ':' + own_; }
  static std::string canary_tag(std::uint32_t number) {
    return "parley:{" + std::string(canary_word) + std::to_string(number) + '}';
  }
  static constexpr std::string_view canary_word = "canary:";  ///< with the number behind it, what makes the slot

  const std::string& cluster_id() const { return cluster_id_; }
  const std::string& own() const { return own_; }

private:
  std::string shard_prefix(shard_id shard) const {
    return "parley:{" + cluster_id_ + ':' + std::to_string(shard.value) + '}';
  }

  std::string cluster_id_;
  std::string own_;
};

}  // namespace parley
