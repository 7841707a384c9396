#pragma once

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace parley::load {

/// A process to watch, with all below it, such as PostgreSQL's backends.
struct watched_process {
  std::string name;
  int pid = 0;
};

/// `PID`, or `NAME=PID`; the name is then the program's.
/// @throws refusal (usage) for what is neither, or no process that runs
watched_process parse_watch(const std::string& text);

/// What processes use, read from /proc by a thread of its own: that may take milliseconds, in which the load must not
/// stand still. One that has ended keeps its last figures. One caller.
class process_watch {
public:
  struct samples {
    std::string name;
    int pid = 0;
    std::vector<double> cpu_s;             ///< user and system time since `begin`, at each sample
    std::vector<std::uint64_t> rss_bytes;  ///< resident: the process's, and what those below it have of their own
  };

  explicit process_watch(const std::vector<watched_process>& processes);
  ~process_watch();
  /// Waits for the first look.
  void begin();
  /// Asks for one.
  void sample();
  /// Once no more are asked for.
  const std::vector<samples>& taken();

private:
  void look();

  std::vector<samples> taken_;
  std::vector<double> base_s_;
  boost::asio::thread_pool thread_{1};
};

/// User and system time of this process so far.
double own_cpu_s();

}  // namespace parley::load
