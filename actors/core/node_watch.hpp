#pragma once

#include "actors/core/shard_rows.hpp"
#include "actors/core/time.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace parley {

/// The registry of nodes as this node's renewals show it, and who of them lives. A node lives while its lease stands by
/// the database's clock and, by this node's own, its row was renewed within two lease times: a database's clock that
/// stepped back keeps no dead node. Who was never seen to renew is believed in for two looks only: a node that just
/// started cannot know how long a row has stood. Nothing is proven by it: it says who is offered shards, never who may
/// write.
class node_watch {
public:
  node_watch(std::string self, milliseconds lease_time);

  void renewed(const std::vector<cluster_node>& nodes, instant now);
  /// The others who live, can be reached and do not leave.
  std::vector<node_identity> others(instant now) const;
  /// Those of them that have been renewed while this node looked: what only just appeared gets no shards yet.
  std::vector<node_identity> settled(instant now) const;
  /// This node, with the name that its own row says; the name is empty while none does.
  const node_identity& self() const { return self_; }
  /// Can other nodes reach this one? Who has no links is given shards only while nobody has any.
  bool is_reachable() const { return is_reachable_; }
  const std::vector<cluster_node>& nodes() const { return nodes_; }
  /// A node of the same name that was there before this one, and still renews two lease times later: two processes run
  /// under one name, and this one is the one too many. The last life of this very node renews no more, but for a few
  /// statements that were on their way when it ended; one that leaves makes room.
  const cluster_node* namesake() const;

private:
  struct sight {
    std::uint64_t first;  ///< its row's counter when it was first seen
    std::uint64_t renewals;
    instant since;  ///< it was last seen to have renewed
    instant first_at;
    std::uint32_t looks;     ///< that found its row
    std::uint32_t advances;  ///< looks that found it renewed
    bool was_before;         ///< in the first registry that this node saw
  };
  bool is_live(const cluster_node& node, instant now) const;

  node_identity self_;
  bool is_reachable_ = false;
  bool has_looked_ = false;
  milliseconds lease_time_;
  std::vector<cluster_node> nodes_;
  std::unordered_map<std::string, sight> sights_;  ///< by incarnation
};

}  // namespace parley
