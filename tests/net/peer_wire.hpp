#pragma once

#include "net/peer/peer_codec.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <sys/time.h>

#include <string>
#include <string_view>

namespace parley::testing {

/// A stranger at a node's port: it says whatever a test likes, byte by byte. Blocking, with a deadline.
class peer_wire {
public:
  explicit peer_wire(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    const timeval patience{10, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  /// What the other end has closed already takes no more: that is no failure of the test.
  bool say(std::string_view bytes) {
    boost::system::error_code failed;
    boost::asio::write(socket_, boost::asio::buffer(bytes), failed);
    return !failed;
  }
  void ask_upgrade(std::string_view path = "/v1/peer") {
    say("GET " + std::string(path) +
        " HTTP/1.1\r\nHost: n2\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
  }
  void upgrade() {
    ask_upgrade();
    std::string head;
    char one = 0;
    boost::system::error_code failed;
    while (!head.ends_with("\r\n\r\n") && boost::asio::read(socket_, boost::asio::buffer(&one, 1), failed) == 1)
      head += one;
  }
  /// A masked frame; a mask of zeros changes nothing.
  bool frame(std::string_view payload, unsigned opcode = 2) {
    return say(header(payload.size(), opcode)) && say(payload);
  }
  static std::string header(std::uint64_t length, unsigned opcode = 2) {
    std::string out(1, static_cast<char>(0x80 | opcode));
    const int bytes = length < 126 ? 0 : length < 65'536 ? 2 : 8;
    out += static_cast<char>(0x80 | (bytes == 0 ? length : bytes == 2 ? 126 : 127));
    for (int n = bytes - 1; n >= 0; --n) out += static_cast<char>(length >> (8 * n) & 0xFF);
    return out + std::string(4, '\0');
  }
  void hello(const net::peer_hello& said) { frame(net::encode_hello(said)); }
  /// Reads what comes, until the other end closes. @returns false: it did not within 10 s
  bool is_closed() {
    char some[4096];
    boost::system::error_code failed;
    while (!failed) socket_.read_some(boost::asio::buffer(some), failed);
    return failed != boost::asio::error::would_block && failed != boost::asio::error::try_again;
  }
  /// One read. @returns how many bytes came
  std::size_t hear() {
    char some[4096];
    boost::system::error_code failed;
    return socket_.read_some(boost::asio::buffer(some), failed);
  }

private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
};

}  // namespace parley::testing
