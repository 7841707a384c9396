#pragma once

#include "loadtest/load/answers.hpp"
#include "loadtest/load/frames.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::load {

/// What all connections of one thread share.
struct connection_context {
  boost::asio::io_context& io;
  std::string scratch = std::string(256 * 1024, '\0');  ///< one read's bytes: an idle connection holds no buffer
  std::uint64_t bytes_in = 0, bytes_out = 0;            ///< of all connections, as the sockets took and gave them
  std::int64_t now_ns = 0;  ///< steady clock at the last read: what one read brought came at one moment
};

/// Where a connection leads. The source is unspecified where the system chooses.
struct route {
  boost::asio::ip::tcp::endpoint to;
  std::string host;  ///< as the target names it, for the upgrade
  boost::asio::ip::address source;
};

class connection_listener {
public:
  virtual void opened() = 0;
  /// One whole message. The view ends with the call.
  virtual void received(std::string_view message) = 0;
  /// Not after `close`. @param why for people
  /// @param close_code the WebSocket's; 0: it broke
  virtual void ended(const std::string& why, unsigned close_code) = 0;

protected:
  ~connection_listener() = default;
};

/// One WebSocket client of one subprotocol, again and again. Lives at a fixed place until its context's loop has ended;
/// all calls on that loop's thread, also from its listener's.
class connection {
public:
  connection(connection_context& context, connection_listener& listener, encoding form, std::uint32_t number);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Connects and upgrades; `opened` or `ended` is next. Not while it is open.
  /// @param receive_bytes_max the socket's receive buffer; 0: the system's
  void open(const route& way, int receive_bytes_max = 0);
  /// Queues one message. What waits for the socket is bounded by the caller's own window of unanswered requests.
  void send(std::string_view message);
  /// Ends it at once and without a word, as when a train enters a tunnel; no port is left waiting.
  void close();
  /// Reads no more, so that what comes piles up at the node; and reads again.
  void pause() { is_paused_ = true; }
  void resume();

  bool is_open() const { return state_ == state::open; }
  bool is_over() const { return state_ == state::over; }
  encoding form() const { return form_; }

private:
  enum class state : std::uint8_t { over, connecting, upgrading, open };

  void upgrade(const std::string& host);
  void await_readable();
  void read();
  void take(std::string_view bytes);
  bool take_upgrade(std::string_view& bytes);
  /// @returns false where the connection has ended, or is another one now
  bool take_message(const frame& one);
  void flush();
  void shut();
  void finish_later(const std::string& why);
  void finish(const std::string& why, unsigned close_code = 0);

  connection_context& context_;
  connection_listener& listener_;
  boost::asio::ip::tcp::socket socket_;
  std::uint32_t life_ = 0;  ///< handlers of a former socket say nothing
  std::uint32_t mask_;
  encoding form_;
  state state_ = state::over;
  bool is_waiting_writable_ = false, is_waiting_readable_ = false, is_paused_ = false;
  std::string rest_;     ///< bytes of a frame that has not come whole
  std::string unsent_;   ///< what the socket did not take
  std::string message_;  ///< of a fragmented message
};

}  // namespace parley::load
