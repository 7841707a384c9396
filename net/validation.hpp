#pragma once

#include "actors/core/event.hpp"
#include "actors/core/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::net {

inline constexpr std::uint64_t json_integer_max = (std::uint64_t{1} << 53) - 1;
inline constexpr std::size_t id_characters_max = 128;

/// A room's or a user's id: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ : @ + -`, not `.` or `..`.
bool is_id(std::string_view text);
/// 1 to 128 characters 0x21-0x7E.
bool is_client_msg_id(std::string_view text);
/// UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);
/// UTF-8 without NUL: what a string of a message may be.
bool is_text(std::string_view text);

/// The rules for a message's content; `metadata` is compact already, and its strings are checked by its reader.
/// @returns why it is refused: `bad_request`, or `message_too_large` past `content_bytes` (0: no limit)
std::optional<refusal> refuse_content(const content& body, std::uint64_t content_bytes_max);

inline refusal bad_request(std::string_view message) {
  return refusal{refusal_code::bad_request, std::string(message), std::nullopt};
}

}  // namespace parley::net
