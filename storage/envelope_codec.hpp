#pragma once

#include "actors/core/result.hpp"
#include "actors/ports/fan_out.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parley {

/// What a node sends to itself to see that its links still carry (C10c).
struct canary {
  std::string node;
  std::uint64_t number = 0;

  friend bool operator==(const canary&, const canary&) = default;
};

using redis_envelope = std::variant<room_envelope, beacon, canary>;

/// What one message may cost its reader. Larger than one stored event, so that every event fits into one.
inline constexpr std::size_t envelope_bytes_max = 8u << 20;
/// Events of one room are split into envelopes of about this size, so that no message blocks the link for long.
inline constexpr std::size_t envelope_bytes_target = 256u << 10;
inline constexpr std::size_t envelope_events_max = 4096;
inline constexpr std::size_t beacon_heads_max = 65536;

/// One envelope, or several that follow each other where the events are many or large. None where `from` has no event.
std::vector<std::string> encode_envelopes(std::string_view cluster_id, const room_envelope& from);
/// @returns `refused_content` for more heads than a reader takes: do not send it, the broken chain makes readers look.
result<std::string> encode_envelope(std::string_view cluster_id, const beacon& from);
std::string encode_envelope(std::string_view cluster_id, const canary& from);

/// @returns `incompatible` for an envelope of another cluster; `refused_content` for all that we cannot have sent: not
///   Protobuf, past a limit, events that do not follow each other. Drop both and count them: anyone may publish.
result<redis_envelope> decode_envelope(std::string_view cluster_id, std::string_view bytes);

}  // namespace parley
