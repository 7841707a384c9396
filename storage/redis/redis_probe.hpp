#pragma once

#include <chrono>
#include <cstddef>

namespace parley {

/// What happened on one Redis endpoint, for metrics. Called from several threads.
class redis_probe {
public:
  virtual ~redis_probe() = default;

  virtual void link_opened() {}
  virtual void link_lost() {}
  virtual void open_failed() {}
  virtual void messages_sent(std::size_t /*count*/, std::size_t /*bytes*/) {}
  /// The link was down or its queue full.
  virtual void messages_dropped(std::size_t /*count*/) {}
  virtual void message_received(std::size_t /*bytes*/) {}
  /// What no node of ours can have published there.
  virtual void message_refused() {}
  virtual void foreign_message() {}
  virtual void channel_subscribed() {}
  /// There and back, through the server.
  virtual void canary_returned(std::chrono::nanoseconds /*after*/) {}
  virtual void half_open_found() {}
};

}  // namespace parley
