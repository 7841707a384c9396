#pragma once

#include "actors/core/event.hpp"
#include "actors/core/result.hpp"
#include "actors/ports/event_log.hpp"

#include <vector>

namespace parley {

/// A copy of committed events of one room. `before` is the position before the first.
struct room_envelope {
  room_key room;
  position before;
  event_list events;
};

/// A small message of a shard's owner: which rooms moved, and their heads (C10).
struct beacon {
  struct entry {
    room_key room;
    room_head head;
    friend bool operator==(const entry&, const entry&) = default;
  };
  shard_id shard;
  parley::term term;
  std::uint64_t number = 0;  ///< 1, 2, 3, ... within a term
  attempt n_before;          ///< `n` at the beacon before
  attempt n;
  std::vector<entry> heads;

  friend bool operator==(const beacon&, const beacon&) = default;
};

/// What a fan-out tells its node. Called on the adapter's thread: only post from it.
class fan_out_sink {
public:
  virtual ~fan_out_sink() = default;

  /// The server confirmed: what is published from now on arrives, until `link_lost`.
  virtual void room_subscribed(room_key room) = 0;
  virtual void shard_subscribed(shard_id shard) = 0;
  virtual void room_published(room_envelope envelope) = 0;
  virtual void beacon_published(beacon b) = 0;
  /// No subscription of this endpoint stands any more. Each comes back by a new `..._subscribed`: the adapter
  /// subscribes again by itself.
  virtual void link_lost(std::string reason) = 0;
  virtual void link_restored() = 0;
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
