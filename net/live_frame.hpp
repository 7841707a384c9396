#pragma once

#include "actors/core/event.hpp"
#include "net/shared_encoding.hpp"

#include <memory>
#include <string>

namespace parley::net {

/// One live batch of a room, shared by every session and thread of this node: encoded at most once per wire form, and
/// only in the forms that somebody reads.
class live_frame {
public:
  /// `events` are contiguous, follow `before`, and are not empty.
  live_frame(room_ref room, position before, event_list events);

  const room_ref& room() const { return room_; }
  position before() const { return before_; }
  position last() const { return events_.back()->at_position(); }
  const event_list& events() const { return events_; }
  /// About what it holds in memory: events and one encoding.
  std::size_t size_bytes() const { return size_bytes_; }
  bool holds(position at) const;

  /// Thread-safe. The bytes live as long as the frame.
  const std::string& bytes(wire_form form) const;
  /// The events after `at`, which is one of this frame's own: for a reader that has the beginning.
  std::shared_ptr<const live_frame> after(position at) const;

private:
  room_ref room_;
  position before_;
  event_list events_;
  std::size_t size_bytes_ = 0;
  shared_encoding encoding_;
};
using live_frame_ptr = std::shared_ptr<const live_frame>;

/// Shares the frame's life: no copy, no allocation.
template <class Frame>
block shared_bytes(const std::shared_ptr<const Frame>& frame, wire_form form) {
  return {frame, &frame->bytes(form)};
}

}  // namespace parley::net
