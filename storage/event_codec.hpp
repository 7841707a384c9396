#pragma once

#include "actors/core/event.hpp"
#include "actors/core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::internal {
class StoredEvent;
}  // namespace parley::internal

namespace parley {

/// Far above what the largest `content_bytes` makes: a bound on what hostile bytes can cost, not a rule of chat.
inline constexpr std::size_t stored_bytes_max = 4u << 20;
/// Seqs, terms and times stay below it, so that a JSON number carries them (docs/protocol.md, "Connection").
inline constexpr std::uint64_t number_end = 1ull << 53;

/// The payload column of an event's row; seq, term and kind are columns of their own and not repeated in it.
std::string encode_stored(const event& e);

/// @returns `refused_content` for bytes that `encode_stored` cannot have made: cut, not UTF-8, a NUL, a part without a
///   body, a kind or number out of range. Treat it as damage: never skip the event.
result<event_ptr> decode_stored(term t, seq s, event_kind kind, std::string_view payload);

/// The same for a message that stands inside another one (the Redis envelope).
void write_stored(const event& e, internal::StoredEvent& message);
/// Takes the strings out of `message`.
result<event_ptr> read_stored(term t, seq s, event_kind kind, internal::StoredEvent& message);

}  // namespace parley
