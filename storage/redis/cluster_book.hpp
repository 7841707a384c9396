#pragma once

#include "storage/redis/channel_names.hpp"
#include "storage/redis/redirection.hpp"
#include "storage/redis/slot_map.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace parley {

/// One server of a Redis Cluster as long as it is a master, by what the map says; never used twice.
using master_id = strong<struct master_tag, std::uint32_t>;

/// What a cluster_book asks of its shell, in order.
struct open_master {
  master_id master;
  server_name where;
};
struct close_master {
  master_id master;
};
struct use_canary {  ///< channel_names::canary of that number, which lies in one of the master's slots
  master_id master;
  std::uint32_t number;
};
struct route_slots {  ///< what is published goes there; none: nowhere
  key_slot first, last;
  std::optional<master_id> master;
};
struct want_channel {
  master_id master;
  std::string channel;
  channel_subject subject;
};
struct unwant_channel {
  master_id master;
  std::string channel;
};
struct tell_shards_lost {
  std::vector<shard_id> shards;
};
struct tell_link_lost {};
struct tell_link_restored {};
struct learn_map {                  ///< soon; a repeated wish is one
  std::optional<server_name> from;  ///< who probably knows
};
using cluster_effect = std::variant<open_master, close_master, use_canary, route_slots, want_channel, unwant_channel,
                                    tell_shards_lost, tell_link_lost, tell_link_restored, learn_map>;
using cluster_effects = std::vector<cluster_effect>;

/// Which channel is asked of which master of a Redis Cluster, and what to do when a slot moves, a master goes, or the
/// map changes (C11). Sans-I/O. A slot's channels are asked of one master, or of none while nobody knows which: then
/// the map is learnt until it names one. A redirection is followed at once, but once for each slot and map: two servers
/// that name each other cost no more than the map's pace. After `tell_shards_lost` every channel of the shard is asked
/// for anew, so that each is confirmed again.
class cluster_book {
public:
  cluster_book() { routes_.fill(nobody); }

  [[nodiscard]] cluster_effects want(const std::string& channel, channel_subject subject, shard_id shard);
  [[nodiscard]] cluster_effects unwant(const std::string& channel);

  [[nodiscard]] cluster_effects learnt(const slot_map& map);
  [[nodiscard]] cluster_effects opened(master_id master);
  [[nodiscard]] cluster_effects lost(master_id master);
  /// The master ended the slot's subscriptions by itself.
  [[nodiscard]] cluster_effects ended(master_id master, key_slot slot);
  [[nodiscard]] cluster_effects subscription_redirected(master_id master, key_slot slot, const redirection& where);
  [[nodiscard]] cluster_effects publish_redirected(master_id master, const redirection& where);

  bool knows(master_id master) const { return masters_.contains(master); }
  bool has_homeless() const { return !homeless_.empty(); }
  bool is_up() const { return standing_ != 0; }
  std::vector<server_name> masters() const;

private:
  struct wish {
    channel_subject subject;
    shard_id shard;
  };
  struct master_state {
    server_name where;
    bool stands = false;
    std::size_t slots = 0;
    std::optional<key_slot> canary;  ///< where its canary lives
  };
  static constexpr master_id nobody{0};

  master_id master_at(const server_name& where, cluster_effects& out);
  bool follow(master_id from, const redirection& where, cluster_effects& out);
  void move(key_slot slot, master_id to, cluster_effects& out);
  void note_route(key_slot slot, master_id to, cluster_effects& out);
  void place(key_slot slot, cluster_effects& out);
  void unplace(key_slot slot, cluster_effects& out);
  void close_unused(cluster_effects& out);
  void choose_canaries(cluster_effects& out);
  void forget_canary(master_id master, key_slot slot);
  bool has_route(key_slot slot, master_id master) const;
  bool is_placed(key_slot slot) const;
  void note_lost(const std::unordered_map<std::string, wish>& wishes);
  cluster_effects finish(cluster_effects out);

  std::array<master_id, key_slots> routes_;
  std::map<master_id, master_state> masters_;
  std::unordered_map<key_slot, std::unordered_map<std::string, wish>> wishes_;  ///< none is empty
  std::set<key_slot> homeless_;  ///< slots with wishes that are asked of nobody
  std::set<key_slot> followed_;  ///< slots redirected since the last map
  std::set<shard_id> lost_;      ///< by what is being worked on
  std::size_t standing_ = 0;
  std::uint32_t last_id_ = 0;
};

}  // namespace parley
