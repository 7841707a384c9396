#pragma once

#include "loadtest/driver/connection.hpp"
#include "loadtest/driver/envelopes.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parley::load {

/// A load that went wrong: no result.
struct failure {
  std::string why;
};

/// Many sessions, each connected and greeted. Opens at most a few at a time, so that the node's backlog does not
/// overflow. Any connection that ends stops the loop: the run failed.
class crowd {
public:
  /// @param to HOST:PORT, the host as an address
  crowd(boost::asio::io_context& io, const std::string& to, std::size_t size);

  /// Runs the loop until everyone is connected. Throws `failure`.
  void open();
  /// Runs the loop until `is_done`, asked after each answer and timer. Throws `failure` where a connection ended.
  void run_until(const std::function<bool()>& is_done, std::chrono::nanoseconds limit, const std::string& what);

  connection& at(std::size_t n) { return *members_[n]; }
  std::size_t size() const { return members_.size(); }
  boost::asio::io_context& io() { return io_; }

  /// Each text message but the greeting.
  std::function<void(std::size_t member, std::string_view)> received = [](std::size_t, std::string_view) {};

private:
  void open_next();

  boost::asio::io_context& io_;
  connection_context context_;
  std::vector<std::unique_ptr<connection>> members_;
  std::size_t next_ = 0;
  std::size_t greeted_ = 0;
  std::string failed_;
};

}  // namespace parley::load
