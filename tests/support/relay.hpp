#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace parley::testing {

/// A TCP relay on loopback between an adapter and its server: it delays by a seed, cuts, and, where PostgreSQL is
/// spoken, cuts at a chosen message: it knows the frontend's messages well enough to see a statement, and its end. One
/// thread of its own; every function returns when it has taken effect.
class relay {
public:
  /// A connection's, by the statements that it prepares.
  enum class role { other, writer, control, reader };
  struct options {
    bool speaks_postgres = false;  ///< without TLS
    std::uint64_t seed = 1;
    std::chrono::milliseconds delay_max{0};  ///< each piece waits up to this, in order
  };

  relay(unsigned server_port, options how);
  ~relay();
  relay(relay&&) = delete;

  unsigned port() const;

  /// New connections go to another server; those that there are stay where they are.
  void retarget(unsigned server_port);

  /// Both ends of every connection see a reset.
  void cut();
  /// Only the adapter does; the server works on, and nobody reads its answers.
  void lose_near(role whose);
  /// Cuts at the next statement: nothing of it reaches the server.
  void lose_statement(role whose);
  /// Cuts when the next statement has ended: what the server says of it is lost.
  void lose_reply(role whose);
  /// Keeps back the last message of the next statement, which lets the server commit, and what follows it.
  void keep_next_commit(role whose);
  void let_commit(role whose);
  /// The ports from which the role's connections reach the server: how to find their backends.
  std::vector<unsigned> server_side_ports(role whose) const;

private:
  struct core;
  std::unique_ptr<core> core_;
};

}  // namespace parley::testing
