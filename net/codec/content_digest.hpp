#pragma once

#include "actors/core/event.hpp"

#include <cstdint>
#include <string_view>

namespace parley::net {

/// The first 16 bytes of SHA-256 over the operation, the typed content and `reply_to`: equal for both encodings of the
/// same content, metadata compared by value (1 equals 1.0). What tells a repeat from another use of its key (G5).
digest content_digest(std::string_view operation, const content& body, seq reply_to);

}  // namespace parley::net
