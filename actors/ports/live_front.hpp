#pragma once

#include "actors/core/event.hpp"
#include "actors/core/ids.hpp"

#include <span>

namespace parley {

/// The live tables of the front's Asio threads, as a feed sees them: fan-out crosses a thread once per thread, not
/// once per session. Thread-safe: every call posts; what one actor calls is done in the order of the calls.
class live_front {
public:
  virtual ~live_front() = default;

  /// Before the first row of the room on that thread: the feed's last position there. Opening an open room moves its
  /// position, and forgets its ring.
  virtual void open(thread_index thread, room_ref room, position at) = 0;
  /// Contiguous events after `before`; encoded at most once per encoding on this node, shared by all threads.
  virtual void deliver(std::span<const thread_index> threads, room_ref room, position before, event_list events) = 0;
  /// The head of a quiet room, for the rows that stand there; who has something to read is not told. May be lost.
  virtual void say_head(std::span<const thread_index> threads, room_ref room, position at) = 0;
  /// The room's log lost a tail (C13): every row falls out at its position, and finds out by its own read.
  virtual void reset(std::span<const thread_index> threads, room_ref room, position at) = 0;
  /// Forgets the room; rows that are left fall out at their positions.
  virtual void close(thread_index thread, room_ref room) = 0;
};

}  // namespace parley
