#pragma once

#include <sys/types.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace parley::testing {

/// A PostgreSQL server of this test program alone: its own port on loopback, its own folder, fsync on. Ended with the
/// object, and by the kernel should the program be killed. As root it runs as Debian's user `postgres`.
class private_postgres {
public:
  using rows = std::vector<std::vector<std::string>>;

  /// Starts and waits until it answers. @param settings as `name=value`
  /// @throws std::runtime_error with the end of its log
  explicit private_postgres(std::initializer_list<std::string_view> settings = {});
  /// A failover: a promoted copy of a server, which must be stopped meanwhile. The same system on the next timeline.
  struct promoted {
    const private_postgres& from;
  };
  explicit private_postgres(promoted copy);
  ~private_postgres();
  private_postgres(private_postgres&&) = delete;

  std::string dsn(std::string_view database = "postgres") const;
  unsigned port() const { return port_; }
  /// A fresh database's name.
  std::string create_database();

  void start();
  void stop();   ///< a fast shutdown
  void kill();   ///< SIGKILL to the postmaster; its children notice by themselves
  void pause();  ///< SIGSTOP to it and to all of its backends: connections stay, nothing answers
  void resume();
  bool answers() const;

  /// Statements on a connection of their own. @returns the last one's rows as text, null as empty
  /// @throws std::runtime_error with the server's words
  rows execute(const std::string& sql, std::string_view database = "postgres") const;

private:
  void make_folder();
  void launch();
  std::string log_tail() const;

  std::filesystem::path folder_;
  std::vector<std::string> settings_;
  unsigned port_ = 0;
  unsigned databases_ = 0;
  pid_t pid_ = 0;
  std::vector<pid_t> paused_;
};

}  // namespace parley::testing
