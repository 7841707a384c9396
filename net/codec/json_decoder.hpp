#pragma once

#include "net/codec/incoming.hpp"
#include "net/limits.hpp"

#include <string_view>

namespace parley::net {

/// One text message: an envelope or an array of them.
/// @returns nothing for what is no JSON, no object or array, nests an envelope deeper than 16, or holds a number beyond
/// double: close 4400. Everything else wrong is a `request::refused` in its place.
incoming_frame decode_json_frame(std::string_view text, const limits& bounds);

/// The body of `POST /v1/rooms/{room}/messages`: the members of `publish` but for the room, which the path names.
/// @returns nothing for what is no JSON object; a `refused` for what breaks a rule
std::optional<incoming_body> decode_json_publish(std::string_view text, std::string room, std::string idempotency_key,
                                                 const limits& bounds);

}  // namespace parley::net
