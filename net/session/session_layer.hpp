#pragma once

#include "net/socket_type.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/stream_base.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace parley::net {

/// What Beast's WebSocket stream sees as its transport: it reads from the socket, but what it writes (the handshake,
/// pongs, closes) goes into the session's outbox, in order with our own pre-encoded frames. So Beast keeps the
/// protocol, and a delivery never passes through it.
class session_layer {
public:
  using executor_type = tcp_socket::executor_type;

  /// @param early bytes that came behind the upgrade request
  session_layer(tcp_socket& socket, std::string early, std::function<void(std::string)> write)
      : socket_(socket), early_(std::move(early)), write_(std::move(write)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  /// Bytes that came since the last call, headers included.
  std::size_t take_received() { return std::exchange(received_, 0); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) { start_read(std::move(handler), buffers); }, token, into);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          std::string bytes(boost::asio::buffer_size(buffers), '\0');
          boost::asio::buffer_copy(boost::asio::buffer(bytes), buffers);
          const std::size_t size = bytes.size();
          write_(std::move(bytes));
          complete(std::move(handler), size);
        },
        token, from);
  }

private:
  template <class Handler, class Buffers>
  void start_read(Handler handler, const Buffers& buffers) {
    if (!early_.empty()) {
      const std::size_t size = boost::asio::buffer_copy(buffers, boost::asio::buffer(early_));
      early_.erase(0, size);
      received_ += size;
      return complete(std::move(handler), size);
    }
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    socket_.async_read_some(
        buffers, boost::asio::bind_executor(executor, [this, handler = std::move(handler)](
                                                          boost::system::error_code failed, std::size_t size) mutable {
          received_ += size;
          std::move(handler)(failed, size);
        }));
  }

  template <class Handler>
  void complete(Handler handler, std::size_t size) {
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    boost::asio::post(executor, [handler = std::move(handler), size]() mutable {
      std::move(handler)(boost::system::error_code{}, size);
    });
  }

  tcp_socket& socket_;
  std::string early_;
  std::size_t received_ = 0;
  std::function<void(std::string)> write_;
};

/// The session itself ends its socket, once the outbox is written.
template <class Handler>
void async_teardown(boost::beast::role_type, session_layer& layer, Handler&& handler) {
  boost::asio::post(layer.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
    std::move(handler)(boost::system::error_code{});
  });
}
inline void teardown(boost::beast::role_type, session_layer&, boost::system::error_code& failed) { failed = {}; }
inline void beast_close_socket(session_layer&) {}

}  // namespace parley::net
