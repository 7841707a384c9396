#pragma once

#include "net/codec/incoming.hpp"
#include "net/limits.hpp"

#include <string_view>

namespace parley::net {

/// One binary message: a `Frame`.
/// @returns nothing for what does not parse, or nests metadata deeper than JSON may: close 4400. Everything else wrong
/// is a `request::refused` in its place.
incoming_frame decode_proto_frame(std::string_view bytes, const limits& bounds);

}  // namespace parley::net
