#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/replies.hpp"

#include <memory>
#include <string>

namespace parley {

/// A session as its connection actor sees it. Thread-safe: every call posts to the session's Asio thread, and what one
/// actor calls is done in the order of the calls. After the session's end all calls do nothing.
class session_port {
public:
  virtual ~session_port() = default;

  virtual session_id id() const = 0;
  /// The Asio thread that owns the socket: where a live subscription's row is.
  virtual thread_index thread() const = 0;

  /// Encodes and queues. Never dropped: the connection actor keeps the amount bounded by waiting for `drained`. A
  /// `joined` without an id is not written: it says where the room's stream begins, to who proves it whole.
  virtual void send(server_message message) = 0;
  /// Asks for one `conversation::drained(token)` once what was queued before has been given to the socket, but for a
  /// small low-water mark.
  virtual void notify_drained(std::uint32_t token) = 0;

  /// Puts the subscription into the thread's live table at `at`, its last sent position: replays the thread's ring
  /// after `at`, and from then on every live batch that follows is written without an actor message. On success the
  /// session writes the `live` push at `at`, before the replay, and tells `conversation::row_live`; otherwise it writes
  /// nothing and tells `conversation::row_behind`.
  virtual void go_live(room_ref room, parley::generation generation, position at) = 0;
  /// Takes the row out, if it has this generation or an older one. Nothing of the room is written afterwards.
  virtual void leave_live(room_ref room, parley::generation generation) = 0;

  /// Ends the session after what is queued was written (bounded by a deadline).
  virtual void close(close_code code, std::string reason) = 0;
};

}  // namespace parley
