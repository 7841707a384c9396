#include "node/watchdog.hpp"

#include "node/exit_code.hpp"

#include <unistd.h>

#include <cstdio>

namespace parley {

watchdog::watchdog(std::string what, std::chrono::milliseconds patience)
    : what_(std::move(what)), thread_([this, patience] { wait(patience); }) {}

watchdog::~watchdog() {
  {
    const std::lock_guard guard{mutex_};
    is_done_ = true;
  }
  done_.notify_all();
  thread_.join();
}

void watchdog::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  if (done_.wait_for(lock, patience, [this] { return is_done_; })) return;
  std::fprintf(stderr, "parleyd: %s took longer than %lld ms, the process ends\n", what_.c_str(),
               static_cast<long long>(patience.count()));
  ::_exit(static_cast<int>(exit_code::internal));
}

}  // namespace parley
