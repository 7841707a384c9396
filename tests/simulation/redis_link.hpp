#pragma once

#include "actors/ports/fan_out.hpp"
#include "tests/simulation/redis_model.hpp"

#include <memory>

namespace parley::simulation {

/// A node's adapter for one endpoint, as storage/redis/endpoint_links is it, with that one's own rules of
/// subscriptions, canaries and back-off: a connection that publishes and one that subscribes, opened and given up
/// together. Sharded, it speaks to the endpoint as to a Redis Cluster: a shard whose slot went elsewhere is lost by
/// itself, and asked for again once the new place is known.
class redis_link final : public fan_out {
public:
  redis_link(agenda& time, network& net, host_ptr node, redis_model& server, bool is_sharded);

  /// What the names of a shard's channels begin with.
  static std::string tag_of(shard_id shard);

  void cut();

  void attach(std::shared_ptr<fan_out_sink> sink) override;
  void subscribe(room_ref room) override;
  void unsubscribe(room_ref room) override;
  void subscribe(shard_id shard) override;
  void unsubscribe(shard_id shard) override;
  void publish(room_ref room, room_envelope envelope) override;
  void publish(beacon b) override;

private:
  struct core;
  std::shared_ptr<core> core_;
};

}  // namespace parley::simulation
