#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace parley {

/// Ends the process with `exit_code::internal` if it is not destroyed in time: a stop that hangs is worse than one that
/// is cut off, since storage loses nothing by either.
class watchdog {
public:
  watchdog(std::string what, std::chrono::milliseconds patience);
  ~watchdog();

private:
  void wait(std::chrono::milliseconds patience);

  std::string what_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool is_done_ = false;
  std::thread thread_;
};

}  // namespace parley
