#pragma once

#include "net/socket_type.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/stream_base.hpp>

#include <optional>
#include <utility>

namespace parley::net {

/// A link's transport: a socket, with TLS or (on loopback) without. One type for both, so that Beast's WebSocket is
/// compiled once.
class peer_stream {
public:
  using executor_type = tcp_socket::executor_type;

  explicit peer_stream(tcp_socket socket) : socket_(std::move(socket)) {}
  peer_stream(const peer_stream&) = delete;
  peer_stream& operator=(const peer_stream&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }
  tcp_socket& socket() { return socket_; }
  /// `context` outlives the stream.
  boost::beast::ssl_stream<tcp_socket&>& secure(boost::asio::ssl::context& context) {
    return tls_.emplace(socket_, context);
  }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& into, Handler&& handler) {
    if (tls_) return tls_->async_read_some(into, std::forward<Handler>(handler));
    return socket_.async_read_some(into, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& from, Handler&& handler) {
    if (tls_) return tls_->async_write_some(from, std::forward<Handler>(handler));
    return socket_.async_write_some(from, std::forward<Handler>(handler));
  }

private:
  tcp_socket socket_;
  std::optional<boost::beast::ssl_stream<tcp_socket&>> tls_;
};

/// After a WebSocket close nothing follows: the connection ends its socket itself, and no TLS farewell is waited for.
template <class Handler>
void async_teardown(boost::beast::role_type, peer_stream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
    std::move(handler)(boost::system::error_code{});
  });
}
inline void teardown(boost::beast::role_type, peer_stream&, boost::system::error_code& failed) { failed = {}; }
inline void beast_close_socket(peer_stream&) {}

}  // namespace parley::net
