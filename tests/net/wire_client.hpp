#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parley {

/// A WebSocket client on a blocking socket with a time-out, that writes each frame as it is told.
class wire_client {
public:
  struct message {
    int opcode = 0;
    std::string payload;
    int close_code() const {
      return opcode != 8 || payload.size() < 2
                 ? 0
                 : static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
    }
  };

  explicit wire_client(std::uint16_t port, std::string subprotocol = "") : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    raw("GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        (subprotocol.empty() ? "" : "Sec-WebSocket-Protocol: " + subprotocol + "\r\n") + "\r\n");
    while (!head.ends_with("\r\n\r\n")) head += bytes(1);
  }

  void raw(const std::string& octets) { boost::asio::write(socket_, boost::asio::buffer(octets)); }

  /// A masked frame; the mask is zeros, which is one.
  void send(std::string_view payload, int opcode = 1) {
    std::string frame(1, static_cast<char>(0x80 | opcode));
    if (payload.size() < 126) {
      frame += static_cast<char>(0x80 | payload.size());
    } else {
      frame += static_cast<char>(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>((payload.size() >> shift) & 0xFF);
    }
    frame.append(4, '\0');
    raw(frame.append(payload));
  }

  message next() {
    const std::string start = bytes(2);
    std::uint64_t size = static_cast<unsigned char>(start[1]);
    if (size >= 126) {
      const std::string length = bytes(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : length) size = size << 8 | static_cast<unsigned char>(c);
    }
    return {start[0] & 15, bytes(size)};
  }
  /// The next message that is neither ping nor pong.
  message next_data() {
    while (true)
      if (auto got = next(); got.opcode < 9) return got;
  }

  std::string head;  ///< of the upgrade's answer

private:
  std::string bytes(std::size_t size) {
    constexpr int patience_ms = 10'000;
    std::string out(size, '\0');
    for (std::size_t got = 0; got < size;) {
      pollfd readable{socket_.native_handle(), POLLIN, 0};
      if (::poll(&readable, 1, patience_ms) != 1) throw std::runtime_error("no answer in time");
      got += socket_.read_some(boost::asio::buffer(out) + got);
    }
    return out;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
};

}  // namespace parley
