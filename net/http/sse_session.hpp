#pragma once

#include "net/session/session.hpp"

#include <string>

namespace parley::net {

/// One `GET /v1/rooms/{room}/stream`: the same conversation, live table and outbox as a WebSocket; what it shows are
/// the pushes of one join as server-sent events. Its head waits for the join's answer: a refusal is an HTTP problem.
class sse_session final : public session {
public:
  sse_session(front_thread& thread, tcp_socket socket, bool is_http_1_0, admission::place_ptr address);

  void start(std::string user, std::string instance, std::string room, request::join_options options);

private:
  void say_goodbye(std::uint16_t code, std::string_view reason) override;
  void about_to_send(const server_message& message) override;
  void on_over() override { address_.reset(); }
  void on_sweep(net_time now) override;
  void refuse(const refusal& why);
  void watch_peer();

  const bool is_http_1_0_;
  admission::place_ptr address_;
  bool has_head_ = false;
  net_time head_deadline_;
  net_time comment_at_;
  char ignored_[64];
};

}  // namespace parley::net
