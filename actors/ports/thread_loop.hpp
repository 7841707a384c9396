#pragma once

namespace parley {

/// The event loop that runs on a thread, where there is one: it can do something behind what it does just now. The
/// actors' scheduler borrows such a thread's time (actors/lean_sharing.hpp). Made by whoever runs the loop, on its
/// thread.
class thread_loop {
public:
  thread_loop(const thread_loop&) = delete;
  thread_loop& operator=(const thread_loop&) = delete;

  /// By this thread only. `task` runs once the handlers that are ready have run, without waking anybody; before the
  /// loop ends at the latest.
  virtual void run_behind(void (*task)()) = 0;

  /// Of the thread that asks; null: it has none.
  static thread_loop* current() { return slot(); }

protected:
  thread_loop() { slot() = this; }
  ~thread_loop() { slot() = nullptr; }

private:
  static thread_loop*& slot() {
    thread_local thread_loop* loop = nullptr;
    return loop;
  }
};

}  // namespace parley
