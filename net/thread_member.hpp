#pragma once

#include "actors/core/replies.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace parley::net {

/// Deadlines of sockets: no step of the calendar moves them, and a sleeping machine's peers are gone anyway.
using net_clock = std::chrono::steady_clock;
using net_time = net_clock::time_point;

/// One connection of a thread, in whatever state it is. Everything runs on its thread.
class thread_member : public std::enable_shared_from_this<thread_member> {
public:
  virtual ~thread_member() = default;
  /// Looks at its deadlines. Instead of a timer for each connection, one sweep for all.
  virtual void sweep(net_time now) = 0;
  /// The node drains: say so, finish, end.
  virtual void drain(const push::reconnect& farewell) = 0;
  /// Ends now, whatever waits.
  virtual void abort() = 0;
  /// Writes what waits; after each burst of events that touched it.
  virtual void flush() {}

private:
  friend class front_thread;
  std::size_t place_ = 0;  ///< in its thread's list
  bool is_listed_ = false;
  bool is_touched_ = false;
};

}  // namespace parley::net
