#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace parley::load {

/// What all connections of one thread share.
struct connection_context {
  boost::asio::io_context& io;
  boost::asio::ip::tcp::endpoint to;
  std::string scratch = std::string(256 * 1024, '\0');  ///< one read's bytes: an idle connection holds no buffer
};

/// One WebSocket client of the JSON subprotocol. Lives at a fixed place until its context's loop has ended; all calls
/// on that loop's thread.
class connection {
public:
  connection(connection_context& context, std::size_t number);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Connects and upgrades; `opened` or `ended` is next.
  void open();
  /// Queues one text message. What waits for the socket is bounded by the caller's own window of unanswered requests.
  void send(std::string_view text);
  void close();

  std::size_t number() const { return number_; }
  bool is_open() const { return state_ == state::open; }
  /// The machine's place for outgoing connections to one address has 28,000 ports: more need more source addresses.
  void bind_to(const boost::asio::ip::address& source) { source_ = source; }

  std::function<void()> opened = [] {};
  std::function<void(std::string_view)> received = [](std::string_view) {};
  /// @param why for people; empty after `close`
  std::function<void(const std::string&)> ended = [](const std::string&) {};

private:
  enum class state : std::uint8_t { fresh, upgrading, open, over };

  void await_readable();
  void read();
  void take(std::string_view bytes);
  bool take_upgrade(std::string_view& bytes);
  void flush();
  void finish(const std::string& why);

  connection_context& context_;
  const std::size_t number_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::ip::address source_;
  state state_ = state::fresh;
  bool is_waiting_writable_ = false;
  std::uint32_t mask_;
  std::string rest_;     ///< bytes of a frame that has not come whole
  std::string unsent_;   ///< what the socket did not take
  std::string message_;  ///< of a fragmented message
};

}  // namespace parley::load
