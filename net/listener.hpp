#pragma once

#include "net/front_thread.hpp"
#include "net/socket_type.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parley::net {

using front_threads = std::vector<std::shared_ptr<front_thread>>;

/// Accepts on the first thread, hands connections to all in turn. Out of descriptors it pauses, longer each time.
class listener {
public:
  explicit listener(front_threads& threads);

  /// Blocking, at start-up. @returns why it failed, in words; empty when it listens
  std::string listen(const std::string& address, std::uint16_t port);
  std::uint16_t port() const { return port_; }
  /// On the first thread.
  void accept();
  void stop();

private:
  void accepted(boost::system::error_code failed, front_thread& thread, tcp_socket socket);
  void pause();
  static void welcome(front_thread& thread, tcp_socket socket);

  front_threads& threads_;
  front_context& front_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_timer_;
  milliseconds pause_{};
  std::size_t next_thread_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace parley::net
