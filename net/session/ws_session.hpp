#pragma once

#include "net/codec/incoming.hpp"
#include "net/session/session.hpp"
#include "net/session/session_layer.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <memory>
#include <string>

namespace parley::net {

/// What an upgrade request asked for, after its rules were checked (upgrade_rules.hpp).
struct upgrade {
  boost::beast::http::request<boost::beast::http::empty_body> request;
  encoding spoken = encoding::json;
  std::string subprotocol;  ///< to be echoed; empty: none was offered
  std::string token;        ///< of the `Authorization` header
  std::string early;        ///< bytes that came behind the request
};

/// One WebSocket from the upgrade to its end. Beast does the handshake, masks, control frames and UTF-8; what clients
/// say is decoded and checked here, and goes to the conversation.
class ws_session final : public session {
public:
  ws_session(front_thread& thread, tcp_socket socket, upgrade asked, admission::place_ptr address);

  void start();

private:
  void say_goodbye(std::uint16_t code, std::string_view reason) override;
  void on_over() override;
  void on_sweep(net_time now) override;
  void on_written() override;
  void stop_reading() override;

  void upgraded(boost::system::error_code failed);
  void read();
  void read_rest();
  void received(boost::system::error_code failed);
  void failed_to_read(boost::system::error_code failed);
  void take(std::vector<incoming> items);
  void take(incoming one);
  void connect(std::uint32_t id, connect_wish wish);
  void refuse(std::uint32_t id, refusal why);
  void on_control();
  bool is_flooded();
  void not_understood(std::uint16_t code, std::string_view reason);

  std::unique_ptr<upgrade> asked_;  ///< until it was answered
  std::string token_;               ///< of the upgrade
  const encoding spoken_;
  admission::place_ptr address_;
  admission::place_ptr user_place_;
  std::string user_;
  boost::beast::websocket::stream<session_layer, false> ws_;
  boost::beast::flat_buffer buffer_;
  bool is_reading_ = false;
  bool is_held_ = false;            ///< nothing is read until the outbox is shorter
  std::size_t message_bytes_ = 0;   ///< received since the last message's end
  std::size_t control_frames_ = 0;  ///< since the last sweep
  net_time connect_deadline_;
  net_time ping_at_;
  net_time pong_deadline_;
  bool awaits_pong_ = false;
};

}  // namespace parley::net
