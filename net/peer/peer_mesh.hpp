#pragma once

#include "actors/ports/peer_network.hpp"
#include "net/peer/peer_context.hpp"
#include "net/socket_type.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace parley::net {

/// The links between nodes as WebSockets over mutual TLS, on a thread of their own and a port that is not the clients'.
/// Without certificates it listens on loopback only, and dials nowhere else.
class peer_mesh final : public peer_network {
public:
  /// `io` is run by one thread, and outlives every link that was handed out; `out` and `probe` outlive `io`.
  peer_mesh(boost::asio::io_context& io, peer_options options, log& out, peer_probe& probe);
  ~peer_mesh() override;

  /// Blocking, at start-up, before anything is dialled; nothing is accepted before `serve`.
  /// @returns why it failed, in words; empty when it listens
  std::string listen();
  std::uint16_t port() const { return port_; }

  /// Of another thread than the links', or in none of the door's own calls.
  void serve(peer_door* door) override;
  std::shared_ptr<peer_link> dial(peer_place where, std::shared_ptr<peer_link_sink> sink) override;
  /// Ends every link; each sink hears it. Blocks; of another thread than the links'. Idempotent.
  void stop();

private:
  std::string open_port();
  void accept();
  void accepted(boost::system::error_code failed, tcp_socket socket);
  bool is_crowded() const;
  void pause();
  void sweep();
  void end_all();

  const std::shared_ptr<peer_context> shared_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer sweep_timer_, pause_timer_;
  milliseconds pause_{};
  std::uint16_t port_ = 0;
  bool is_accepting_ = false;  // on the links' thread
};

}  // namespace parley::net
