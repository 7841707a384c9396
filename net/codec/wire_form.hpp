#pragma once

#include "actors/core/replies.hpp"
#include "net/codec/greeting.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace parley::net {

/// Immutable bytes that go to a socket as they are, shared by whoever waits for them.
using block = std::shared_ptr<const std::string>;

/// How a stream of server messages looks on the wire.
enum class wire_form : std::uint8_t {
  ws_json,   ///< unmasked WebSocket text messages
  ws_proto,  ///< unmasked WebSocket binary messages
  sse,       ///< text/event-stream: pushes only
};

/// The complete bytes of one message: header and payload. Empty for what a form does not show (a reply, as SSE).
std::string wire_bytes(wire_form form, const server_message& message, const greeting& own);

}  // namespace parley::net
