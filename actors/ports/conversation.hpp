#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/requests.hpp"
#include "actors/ports/session_port.hpp"

#include <memory>
#include <string>

namespace parley {

/// A connection actor as its session sees it. Thread-safe, never blocks; calls of one session arrive in order.
class conversation {
public:
  virtual ~conversation() = default;

  virtual void requested(client_request request) = 0;
  /// `go_live` worked.
  virtual void row_live(room_key room, parley::generation generation, position at) = 0;
  /// The row is out of the table at `at`, the last position given to the socket: either `go_live` found that the ring
  /// does not reach back (`was_live` false), or a live batch did not follow, or the outbox overflowed and its live
  /// batches were dropped.
  virtual void row_behind(room_key room, parley::generation generation, position at, bool was_live) = 0;
  virtual void drained(std::uint32_t token) = 0;
  /// The session ended; the last call.
  virtual void closed() = 0;
};

/// Where the front gets a conversation for a new, authenticated session. Implemented by the actors.
class reception {
public:
  virtual ~reception() = default;
  /// Thread-safe. `instance` is the tenant that the session's credentials name. Null while the node stops.
  virtual std::shared_ptr<conversation> open(std::shared_ptr<session_port> session, std::string instance) = 0;
};

}  // namespace parley
