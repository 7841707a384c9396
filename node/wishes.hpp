#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace parley {

/// What the operator asks of the running node by signals, and what main waits for. TERM and INT ask for a stop; a
/// second one ends the process at once, whatever main does. HUP asks for a reload.
class wishes {
public:
  wishes();
  ~wishes();

  struct wish {
    bool is_stop = false;
    bool is_reload = false;
    bool is_drained = false;
    bool is_name_taken = false;
  };
  /// Waits for the next one, at most `at_most`. Only a reload is forgotten once it was returned.
  wish next(std::chrono::milliseconds at_most);
  void drained();
  void name_taken();

private:
  void listen();
  void told(int signal);
  void say(bool wish::*what);

  std::mutex mutex_;
  std::condition_variable changed_;
  wish now_;
  bool is_new_ = false;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_{io_};
  std::thread thread_;
};

}  // namespace parley
