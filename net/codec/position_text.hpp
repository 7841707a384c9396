#pragma once

#include "actors/core/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parley::net {

/// `term:seq` in decimal digits: the `id` of a server-sent event.
void append_position(std::string& out, position at);
/// @returns nothing for what is not exactly that, or has a number of 2^53 or more
std::optional<position> parse_position(std::string_view text);
/// Decimal digits without a sign, at most `max`.
std::optional<std::uint64_t> parse_whole_number(std::string_view text, std::uint64_t max);

}  // namespace parley::net
