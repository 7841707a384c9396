#pragma once

#include "net/peer/peer_context.hpp"
#include "net/peer/peer_outbox.hpp"
#include "net/peer/peer_stream.hpp"

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace parley::net {

/// One link, from the TCP connection to its end: TLS, upgrade, hello, items (peer_handshake.cpp brings it up to there).
/// `send` and `close` are called by anyone, all else happens on the links' thread.
///
/// Each end gives signs of life by pongs that nobody asked for (RFC 6455 §5.5.3) and answers none: Beast's reader waits
/// for its writer to answer a ping, so that two ends that are both busy writing would wait for each other for good.
class peer_connection final : public peer_link, public std::enable_shared_from_this<peer_connection> {
public:
  using clock = std::chrono::steady_clock;

  /// Another node's, just accepted.
  peer_connection(std::shared_ptr<peer_context> shared, tcp_socket socket);
  /// Ours.
  peer_connection(std::shared_ptr<peer_context> shared, peer_place where, std::shared_ptr<peer_link_sink> sink);

  bool send(peer::item one) override;
  void close() override;

  /// Begins; the context holds it from now on.
  void start();
  /// Looks for what is overdue.
  void sweep(clock::time_point now);
  /// At the mesh's end: nobody is told but the sink.
  void stop();
  bool is_stranger() const { return !is_dialled_ && step_ < step::open; }
  bool is_dialled() const { return is_dialled_; }

private:
  enum class step : std::uint8_t { connecting, securing, upgrading, greeting, open, closing, over };
  using resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  using ws_stream = boost::beast::websocket::stream<peer_stream, false>;

  peer_connection(std::shared_ptr<peer_context> shared, tcp_socket socket, bool is_dialled);

  // peer_handshake.cpp
  void dial();
  void connect(std::vector<boost::asio::ip::tcp::endpoint> all);
  void connected(boost::system::error_code failed);
  void secure();
  void secured(boost::system::error_code failed);
  void upgrade();
  void take_request(boost::system::error_code failed);
  void upgraded(boost::system::error_code failed);
  void say_hello(const peer_hello& said);
  void read_hello();
  void take_hello(std::string_view bytes);
  void greet(const peer_hello& said);
  bool ask_door(const peer_hello& said);
  void opened();

  void wait(step next, milliseconds patience);
  void read();
  void received(boost::system::error_code failed);
  void take_items(std::string_view frame);
  void write();
  void written(boost::system::error_code failed);
  void beat(clock::time_point now);

  void failed_with(boost::system::error_code failed);
  /// @param tells whether the other end hears why, where it is far enough to hear anything
  void end(peer_end why, bool tells, std::string detail = {});
  void account(peer_end why, const std::string& detail);
  void abort();
  std::string where() const;

  const std::shared_ptr<peer_context> shared_;
  const bool is_dialled_;
  std::shared_ptr<peer_tls> tls_;  // outlives the stream
  peer_place place_;               // whom we dial; or who has proven to be here
  std::shared_ptr<peer_link_sink> sink_;
  peer_outbox outbox_;
  std::atomic<bool> is_released_{false};  // by its holder: the sink hears nothing more

  step step_ = step::connecting;
  clock::time_point deadline_;
  ws_stream ws_;
  resolver resolver_;
  std::unique_ptr<boost::beast::http::request_parser<boost::beast::http::empty_body>> request_;
  certified_names names_;
  boost::beast::flat_buffer buffer_;
  std::string remote_;

  std::deque<peer::item> batch_;  // taken from the outbox, not yet written
  peer_frame frame_;              // being written
  bool is_writing_ = false;
  bool is_beating_ = false;
  clock::time_point write_since_, beat_since_, beat_at_, heard_at_, counted_at_;
};

}  // namespace parley::net
