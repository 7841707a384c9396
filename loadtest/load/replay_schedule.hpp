#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::load {

/// One line of a log that becomes a message.
struct replay_line {
  std::int64_t offset_ns = 0;  ///< since the first line of all logs, by the logs' clocks
  std::uint32_t room = 0;      ///< the log's number
  std::uint32_t writer = 0;    ///< the nick's number in `replay_schedule::users`
  std::string text;
};

/// Logs of chat as a load: what is written where, by whom and when.
struct replay_schedule {
  std::vector<replay_line> lines;  ///< by time; each nick's lines of a log keep their order
  std::vector<std::string> users;  ///< of the nicks, as user ids of the protocol
  std::size_t rooms = 0;
};

/// Adds one log: `[hh:mm] <nick> text` a line; all other lines are left out. A minute's lines are spread evenly over
/// it. What is no UTF-8 is read as Windows-1252, else Latin-1; NUL becomes U+FFFD.
void add_log(replay_schedule& to, std::string_view log);
/// Once all logs are added.
void sort_lines(replay_schedule& all);

/// @param path a log, or a folder of *.log
/// @throws refusal where there is none, or none holds a message
replay_schedule read_logs(const std::string& path);

}  // namespace parley::load
