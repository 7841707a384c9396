#pragma once

#include "loadtest/load/answers.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The few requests that a load sends (docs/protocol.md), each one whole WebSocket message. Rooms, users and keys need
/// no escaping; a text may be any UTF-8.
namespace parley::load {

std::string connect_request(encoding form, std::uint32_t id, std::string_view user);
std::string rewind_request(encoding form, std::uint32_t id, std::string_view room, std::uint32_t limit);
std::string since_request(encoding form, std::uint32_t id, std::string_view room, position since);
std::string leave_request(encoding form, std::uint32_t id, std::string_view room);
std::string publish_request(encoding form, std::uint32_t id, std::string_view room, std::string_view client_msg_id,
                            std::string_view text);

}  // namespace parley::load
