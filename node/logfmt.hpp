#pragma once

#include "actors/core/time.hpp"
#include "actors/ports/log.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace parley {

/// One line, without its end: `ts=2026-01-02T03:04:05.678Z level=info event=shard.lost shard=12 owner="n 2"`.
/// The only place that quotes: whatever a value holds, it stays one field of one line, and a longer one than
/// `value_bytes_max` is cut.
std::string logfmt_line(unix_time at, log_level level, std::string_view event, std::initializer_list<log_field> fields);

inline constexpr std::size_t value_bytes_max = 1024;

std::string_view to_string(log_level level);

/// @returns info for a word that is no level: the configuration was judged before
log_level level_of(std::string_view word);

}  // namespace parley
