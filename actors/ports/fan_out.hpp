#pragma once

#include "actors/core/envelopes.hpp"

#include <memory>
#include <string>
#include <vector>

namespace parley {

/// What a fan-out tells its node. Called on the adapter's thread: only post from it.
class fan_out_sink {
public:
  virtual ~fan_out_sink() = default;

  /// The server confirmed: what is published from now on arrives, until `link_lost`, or `shards_lost` of its shard.
  virtual void room_subscribed(room_key room) = 0;
  virtual void shard_subscribed(shard_id shard) = 0;
  virtual void room_published(room_envelope envelope) = 0;
  virtual void beacon_published(beacon b) = 0;
  /// No subscription of this endpoint stands any more. Each comes back by a new `..._subscribed`: the adapter
  /// subscribes again by itself.
  virtual void link_lost(std::string reason) = 0;
  virtual void link_restored() = 0;
  /// No subscription of these shards stands any more: one of the endpoint's servers went, or handed them to another.
  /// Each comes back as after `link_lost`.
  virtual void shards_lost(std::vector<shard_id> shards) = 0;
};

/// The live path of one endpoint: at most once, nothing is decided by it (G6). Every adapter passes
/// tests/contract/fan_out_test.cpp. Thread-safe, never blocks, never fails: a message that cannot go is dropped and
/// counted. What one thread publishes keeps its order.
class fan_out {
public:
  virtual ~fan_out() = default;

  /// Before the first subscription, once.
  virtual void attach(std::shared_ptr<fan_out_sink> sink) = 0;
  virtual void subscribe(room_ref room) = 0;
  virtual void unsubscribe(room_ref room) = 0;
  /// The beacons of a shard.
  virtual void subscribe(shard_id shard) = 0;
  virtual void unsubscribe(shard_id shard) = 0;
  virtual void publish(room_ref room, room_envelope envelope) = 0;
  virtual void publish(beacon b) = 0;
};

}  // namespace parley
