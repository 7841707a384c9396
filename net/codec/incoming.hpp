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
  /// It names one operation, well-formed or not, and that is not `connect`: too early before that.
  bool is_behind_connect = false;
};

/// Nothing: the frame does not parse, close 4400.
using incoming_frame = std::optional<std::vector<incoming>>;

/// The wire's two encodings of one schema.
enum class encoding : std::uint8_t { json, proto };

}  // namespace parley::net
