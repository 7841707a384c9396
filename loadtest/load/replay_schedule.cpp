#include "loadtest/load/replay_schedule.hpp"

#include "loadtest/load/exit_code.hpp"
#include "loadtest/load/irc_line.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace parley::load {
namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
constexpr int day_minutes = 24 * 60;
constexpr std::size_t lines_max = 5'000'000, users_max = 20'000;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad()) throw refusal(exit_code::no_input, path.string() + " cannot be read");
  return text;
}

std::vector<std::filesystem::path> logs_at(const std::filesystem::path& path) {
  std::error_code failed;
  if (std::filesystem::is_regular_file(path, failed)) return {path};
  if (!std::filesystem::is_directory(path, failed))
    throw refusal(exit_code::no_input, "no log to replay at " + path.string() + ": give a file, or a folder of *.log");
  std::vector<std::filesystem::path> logs;
  for (const auto& one : std::filesystem::directory_iterator(path))
    if (one.path().extension() == ".log") logs.push_back(one.path());
  std::ranges::sort(logs);
  return logs;
}

}  // namespace

void add_log(replay_schedule& to, std::string_view log) {
  std::map<std::string, std::uint32_t> numbers;
  for (std::uint32_t n = 0; n < to.users.size(); ++n) numbers.emplace(to.users[n], n);
  const auto first = to.lines.size();
  int minute = -1;
  std::vector<int> minutes;  // of each line, growing past midnight
  while (!log.empty()) {
    const auto end = std::min(log.find('\n'), log.size());
    const auto line = parse_irc_line(log.substr(0, end));
    log.remove_prefix(std::min(end + 1, log.size()));
    if (!line) continue;
    // Past midnight; a smaller step back is a clock that was set.
    int now = line->minute;
    while (minute >= 0 && now < minute - day_minutes / 2) now += day_minutes;
    minute = std::max(minute, now);
    const auto [known, is_new] = numbers.try_emplace(user_of(line->nick), static_cast<std::uint32_t>(to.users.size()));
    if (is_new) to.users.push_back(known->first);
    to.lines.push_back({0, static_cast<std::uint32_t>(to.rooms), known->second, line->text});
    minutes.push_back(minute);
  }
  for (std::size_t begin = 0, end = 0; begin < minutes.size(); begin = end) {
    while (end < minutes.size() && minutes[end] == minutes[begin]) ++end;
    for (auto n = begin; n < end; ++n)
      to.lines[first + n].offset_ns =
          (minutes[begin] - minutes[0]) * minute_ns +
          minute_ns * static_cast<std::int64_t>(n - begin) / static_cast<std::int64_t>(end - begin);
  }
  ++to.rooms;
}

void sort_lines(replay_schedule& all) { std::ranges::stable_sort(all.lines, {}, &replay_line::offset_ns); }

replay_schedule read_logs(const std::string& path) {
  replay_schedule all;
  for (const auto& log : logs_at(path)) add_log(all, bytes_of(log));
  if (all.lines.empty())
    throw refusal(exit_code::no_input,
                  path + " holds no message: a line is `[hh:mm] <nick> text`, a log's name ends with .log");
  if (all.lines.size() > lines_max || all.users.size() > users_max)
    throw refusal(exit_code::wrong_file, path + " holds more than " + std::to_string(lines_max) + " messages or " +
                                             std::to_string(users_max) + " nicks: replay fewer logs at once");
  sort_lines(all);
  return all;
}

}  // namespace parley::load
