#pragma once

#include "actors/core/requests.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::net {

/// `connect` as it was asked, before anybody was authenticated.
struct connect_wish {
  std::string token;
  std::string user;
  std::vector<request::connect_room> rooms;
};

using incoming_body = std::variant<connect_wish, request::join, request::leave, request::publish, request::history,
                                   request::ping, request::refused>;

/// One envelope of a client, decoded and validated. A draft has its digest, but no sender yet.
struct incoming {
  std::uint32_t id = 0;
  incoming_body body;
  bool is_connect = false;  ///< also where it was refused: every other operation comes after it
};

/// Nothing: the frame does not parse, close 4400.
using incoming_frame = std::optional<std::vector<incoming>>;

/// The wire's two encodings of one schema.
enum class encoding : std::uint8_t { json, proto };

}  // namespace parley::net
