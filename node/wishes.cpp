#include "node/wishes.hpp"

#include <unistd.h>
#include <csignal>

#include <utility>

namespace parley {

wishes::wishes() {
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) signals_.add(s);
  listen();
  thread_ = std::thread([this] { io_.run(); });
}

wishes::~wishes() {
  io_.stop();
  thread_.join();
}

void wishes::listen() {
  signals_.async_wait([this](boost::system::error_code failed, int signal) {
    if (failed) return;
    told(signal);
    listen();
  });
}

void wishes::told(int signal) {
  const std::lock_guard guard{mutex_};
  if (signal == SIGHUP) {
    now_.is_reload = true;
  } else if (std::exchange(now_.is_stop, true)) {
    // Nothing is lost: what was acknowledged is committed. As the signal itself, so that the parent sees it.
    std::signal(signal, SIG_DFL);
    ::kill(::getpid(), signal);
  }
  is_new_ = true;
  changed_.notify_all();
}

wishes::wish wishes::next(std::chrono::milliseconds at_most) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, at_most, [this] { return is_new_; });
  is_new_ = false;
  auto told = now_;
  now_.is_reload = false;
  return told;
}

void wishes::drained() { say(&wish::is_drained); }

void wishes::name_taken() { say(&wish::is_name_taken); }

void wishes::say(bool wish::*what) {
  const std::lock_guard guard{mutex_};
  now_.*what = true;
  is_new_ = true;
  changed_.notify_all();
}

}  // namespace parley
