#pragma once

#include "actors/core/time.hpp"

#include <cstddef>
#include <cstdint>

namespace parley {

/// What the actors count. Thread-safe; called from CAF's workers. Labels never carry a room or a user.
class chat_probe {
public:
  virtual ~chat_probe() = default;

  virtual void published(std::size_t /*events*/) {}  ///< committed, known for sure
  virtual void publish_refused() {}                  ///< answered with an error
  virtual void publish_repeated() {}                 ///< answered with the first result
  virtual void batch_sent(std::size_t /*events*/) {}
  virtual void batch_committed(std::chrono::nanoseconds /*took*/) {}
  virtual void outcome_unknown() {}
  virtual void shard_opened() {}
  virtual void shard_lost() {}
  virtual void shard_handed_over() {}  ///< to another node, beside `shard_lost`
  virtual void publish_forwarded() {}  ///< to the node that owns the room
  virtual void peer_link_opened() {}   ///< by this node
  virtual void peer_link_lost() {}
  virtual void room_woken() {}
  virtual void room_slept() {}
  virtual void feed_opened() {}
  virtual void feed_closed() {}
  virtual void hole_filled(std::size_t /*events*/) {}
  virtual void tail_suspected(std::size_t /*feeds*/) {}
  virtual void log_broken() {}  ///< the primary lacks a seq: an alarm
  virtual void joined() {}
  virtual void join_refused() {}
  virtual void fell_behind() {}  ///< a live row is read on from storage
  virtual void connection_opened() {}
  virtual void connection_closed() {}
};

}  // namespace parley
