#pragma once

#include "storage/redis/chunk_queue.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

namespace parley {

/// Where publishers' threads meet the links' strand. Bounded in bytes, together with what the link has not written yet.
class publish_inbox {
public:
  explicit publish_inbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  struct answer {
    bool is_taken = false;
    bool is_first = false;  ///< the strand must be woken: it is not yet
  };
  answer put(std::string command) {
    std::lock_guard lock(mutex_);
    if (!is_open_ || is_overrun_) return {};
    if (waiting_.bytes() + link_bytes_ + command.size() > bytes_max_) {
      is_overrun_ = true;
      return {false, !std::exchange(is_woken_, true)};
    }
    waiting_.append(std::move(command));
    return {true, !std::exchange(is_woken_, true)};
  }

  struct content {
    chunk_queue commands;
    bool is_overrun = false;
  };
  /// The strand's: all that waits.
  content take() {
    std::lock_guard lock(mutex_);
    is_woken_ = false;
    link_bytes_ += waiting_.bytes();
    return {std::exchange(waiting_, {}), std::exchange(is_overrun_, false)};
  }
  void link_holds(std::size_t bytes) {
    std::lock_guard lock(mutex_);
    link_bytes_ = bytes;
  }
  void open() {
    std::lock_guard lock(mutex_);
    is_open_ = true;
    is_overrun_ = false;
    link_bytes_ = 0;
  }
  /// @returns how many commands were dropped
  std::size_t close() {
    std::lock_guard lock(mutex_);
    is_open_ = false;
    return std::exchange(waiting_, {}).commands();
  }

private:
  const std::size_t bytes_max_;
  std::mutex mutex_;
  chunk_queue waiting_;
  std::size_t link_bytes_ = 0;
  bool is_open_ = false;  ///< the links stand
  bool is_woken_ = false;
  bool is_overrun_ = false;
};

}  // namespace parley
