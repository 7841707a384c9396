#pragma once

#include "actors/messages.hpp"

#include <caf/event_based_actor.hpp>

#include <vector>

namespace parley {

/// Brings writes and head questions to the actor of the room's shard. Every shard is on this node in this version; a
/// remote owner's peer link will be the other place that a message can go to.
class router_actor : public caf::event_based_actor {
public:
  router_actor(caf::actor_config& config, std::vector<caf::actor> shards);

  caf::behavior make_behavior() override;
  void on_exit() override { shards_.clear(); }
  const char* name() const override { return "router"; }

private:
  std::vector<caf::actor> shards_;  ///< by shard id
};

}  // namespace parley
