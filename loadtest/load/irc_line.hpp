#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::load {

/// `[hh:mm] <nick> text`.
struct irc_line {
  int minute = 0;  ///< since midnight
  std::string nick, text;
};

/// @returns none for every other line, and for one without a text
std::optional<irc_line> parse_irc_line(std::string_view raw);

/// As UTF-8, whatever it was: see replay_schedule.hpp.
std::string utf8_of(std::string_view raw);

/// A user id of the protocol for each nick, another one for another nick: what an id may not hold is ~XX.
std::string user_of(std::string_view nick);

}  // namespace parley::load
