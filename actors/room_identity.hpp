#pragma once

#include "actors/core/ids.hpp"

#include <cstdint>
#include <string_view>

namespace parley {

/// Who a room is: its key is the first 16 bytes of SHA-256(instance, 0x00, room), its shard the first 8 bytes of the
/// same hash modulo the number of shards. Both are stored and travel: never change them.
room_ref identify(std::string_view instance, std::string_view room, std::uint32_t shards);

}  // namespace parley
