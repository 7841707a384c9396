#include "node/log_writer.hpp"

#include "actors/boot_now.hpp"
#include "node/logfmt.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace parley {
namespace {

constexpr std::size_t queued_lines_max = 8192;

unix_time wall_now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

}  // namespace

log_writer::log_writer(log_level level)
    : level_(level), thread_(std::make_shared<spdlog::details::thread_pool>(queued_lines_max, 1)) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  lines_ = std::make_shared<spdlog::async_logger>("parleyd", std::move(sink), thread_,
                                                  spdlog::async_overflow_policy::overrun_oldest);
  lines_->set_pattern("%v");  // the line is whole already: one writer quotes
  lines_->set_level(spdlog::level::trace);
  lines_->flush_on(spdlog::level::trace);
}

log_writer::~log_writer() = default;

void log_writer::count(log_level level) {
  if (level == log_level::warn) warnings_.fetch_add(1, std::memory_order_relaxed);
  if (level == log_level::error) errors_.fetch_add(1, std::memory_order_relaxed);
}

void log_writer::write(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
  count(level);
  if (!is_on(level)) return;
  if (level != log_level::debug) {
    const std::lock_guard guard{repeats_mutex_};
    const auto now = boot_now();
    for (const auto& held_back : repeats_.ended(now)) {
      lines_->info(logfmt_line(wall_now(), log_level::info, "log.repeats_held_back",
                               {{"of", held_back.event}, {"lines", std::to_string(held_back.lines)}}));
    }
    if (!repeats_.admits(event, now)) return;
  }
  lines_->info(logfmt_line(wall_now(), level, event, fields));
}

}  // namespace parley
