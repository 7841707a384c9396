#pragma once

#include "actors/core/live_table.hpp"
#include "actors/core/time.hpp"
#include "net/limits.hpp"
#include "net/session/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parley::net {

/// How long the front waits for each thing.
struct front_patience {
  milliseconds connect{5'000};    ///< from accept to the first `connect`: 4408
  milliseconds head{5'000};       ///< from the first byte of an HTTP request's head to its end
  milliseconds body{30'000};      ///< to the end of its body
  milliseconds idle{60'000};      ///< between two HTTP requests of a connection
  milliseconds exchange{30'000};  ///< for the node's own answer to an HTTP request
  milliseconds ping{25'000};      ///< between the node's pings of a WebSocket: `connected.ping_ms`
  milliseconds pong{10'000};      ///< for any sign of life after a ping: 4509
  milliseconds stall{30'000};     ///< for a kilobyte of progress while something waits to be written: 4508
  milliseconds closing{5'000};    ///< for the rest of the outbox and the peer's side of a close
  milliseconds sweep{500};        ///< how often a thread looks for what is overdue
};

struct front_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;         ///< 0: any free one, see `front::port`
  std::size_t threads = 0;           ///< Asio threads; 0: as many as the machine has, at most 16
  std::string node = "n1";           ///< the node's name, in `connected`
  std::string instance = "default";  ///< the tenant of development users
  limits bounds;
  front_patience patience;
  outbox_options waiting;
  live_ring_options ring;
  std::size_t connect_frame_bytes_max = 64 * 1024;
  std::size_t head_bytes_max = 8 * 1024;       ///< of an HTTP request's line and headers
  std::size_t write_bytes_max = 256 * 1024;    ///< in one system call
  std::size_t read_pause_bytes = 1024 * 1024;  ///< what may wait for a session before the front stops to read from it
  std::size_t control_frames_per_second_max = 100;
  std::size_t frame_overhead_bytes_max = 64 * 1024;  ///< of one message: headers, and control frames in between
  std::size_t connections_per_address_max = 0;       ///< 0: no limit; beyond: HTTP 503
  std::size_t connections_per_user_max = 0;          ///< 0: no limit; beyond: `quota_exceeded`, close 4429
  /// Exact origins (`https://chat.example`) that may open a WebSocket, beside any loopback one where that is allowed.
  std::vector<std::string> origins;
  bool allows_loopback_origins = true;  ///< development mode
};

}  // namespace parley::net
