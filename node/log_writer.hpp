#pragma once

#include "actors/ports/log.hpp"
#include "node/repeat_limit.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace parley {

/// The node's log: logfmt lines to standard error, written by a thread of its own, so that a stalled pipe stops nobody.
/// The oldest lines of a full queue are dropped. Repeats of one event are limited (debug lines are not).
class log_writer final : public log {
public:
  explicit log_writer(log_level level);
  ~log_writer() override;  ///< writes what is queued

  bool is_on(log_level level) const override { return level >= level_.load(std::memory_order_relaxed); }
  void write(log_level level, std::string_view event, std::initializer_list<log_field> fields = {}) override;
  void set_level(log_level level) { level_.store(level, std::memory_order_relaxed); }

  /// Lines of warn and error so far: what an alert may watch.
  std::uint64_t warnings() const { return warnings_.load(std::memory_order_relaxed); }
  std::uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }

private:
  void count(log_level level);

  std::atomic<log_level> level_;
  std::atomic<std::uint64_t> warnings_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::mutex repeats_mutex_;
  repeat_limit repeats_;
  std::shared_ptr<spdlog::details::thread_pool> thread_;
  std::shared_ptr<spdlog::logger> lines_;
};

}  // namespace parley
