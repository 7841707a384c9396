#pragma once

#include <sys/types.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace parley::testing {

/// Of loopback, now.
unsigned free_port();

/// A Redis server of this test alone: its own port on loopback, its own folder, nothing persistent. Ended with the
/// object, and by the kernel should the test be killed.
class private_redis {
public:
  /// Starts and waits until it answers. @throws std::runtime_error with the end of its log
  explicit private_redis(std::initializer_list<std::string_view> settings = {});
  ~private_redis();
  private_redis(private_redis&&) = delete;

  std::string url() const { return "redis://" + where(); }
  std::string where() const { return "127.0.0.1:" + std::to_string(port_); }
  bool is_alive() const { return pid_ > 0; }

  void kill();     ///< SIGKILL
  void restart();  ///< on the same port, empty
  void pause();    ///< SIGSTOP: connections stay, nothing answers
  void resume();

  /// One command on a connection of its own; the answer as text: an integer in digits, an array's elements joined by
  /// blanks. @throws std::runtime_error where nothing answers
  std::string command(std::initializer_list<std::string_view> words) const;

private:
  void start();
  void end(int signal);
  bool answers() const;

  std::filesystem::path folder_;
  std::vector<std::string> settings_;
  unsigned port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace parley::testing
