#include "actors/router_actor.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {

router_actor::router_actor(caf::actor_config& config, std::vector<caf::actor> shards)
    : event_based_actor(config), shards_(std::move(shards)) {}

caf::behavior router_actor::make_behavior() {
  return {
      [this](msg::write& m) {
        const auto& shard = shards_.at(m.room->shard.value);
        caf::anon_send(shard, std::move(m));
      },
      [this](msg::head_question& m) {
        const auto& shard = shards_.at(m.room->shard.value);
        caf::anon_send(shard, std::move(m));
      },
  };
}

}  // namespace parley
