#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::net {

/// What the front counts. Called on Asio threads: must be thread-safe and quick.
class front_probe {
public:
  virtual ~front_probe() = default;
  virtual void connection_accepted() {}
  virtual void connection_refused() {}  ///< too many of an address
  virtual void accept_paused() {}       ///< no descriptor left
  virtual void session_opened() {}      ///< a WebSocket or an event stream
  virtual void session_closed(std::uint16_t /*close code, 1006 without one*/) {}
  virtual void frame_received(std::size_t /*bytes*/) {}
  virtual void frame_not_understood() {}                                        ///< closed with 4400, 1003 or 1007
  virtual void bytes_written(std::size_t /*bytes*/, std::size_t /*blocks*/) {}  ///< one system call
  virtual void live_batch_written() {}
  virtual void reader_fell_behind() {}  ///< an outbox was full: a room went back to catching up
  virtual void stream_broken() {}       ///< the verifier of G3: must stay 0
  virtual void http_answered(unsigned /*status*/) {}
};

}  // namespace parley::net
