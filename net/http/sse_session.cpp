#include "net/http/sse_session.hpp"

#include "net/http/http_answer.hpp"

#include <utility>

namespace parley::net {
namespace {

constexpr std::uint32_t stream_connect_id = 1;
constexpr std::uint32_t join_id = 2;

block bytes_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

}  // namespace

sse_session::sse_session(front_thread& thread, tcp_socket connected, bool is_http_1_0, admission::place_ptr address)
    : session(thread, std::move(connected), wire_form::sse),
      is_http_1_0_(is_http_1_0),
      address_(std::move(address)),
      head_deadline_(net_clock::now() + front().options.patience.exchange),
      comment_at_(net_clock::now() + front().options.patience.ping) {}

void sse_session::start(std::string user, std::string instance, std::string room, request::join_options options) {
  if (!is(state::open)) return;  // it came while the front stops
  auto conversation = front().desk.open(self<sse_session>(), std::move(instance));
  if (!conversation) return refuse({refusal_code::unavailable, "the node stops", std::nullopt});
  converse(std::move(conversation));
  request({stream_connect_id, request::connect{std::move(user), {}}});
  request({join_id, request::join{std::move(room), options}});
  watch_peer();
}

void sse_session::about_to_send(const server_message& message) {
  if (has_head_) return;
  if (const auto* failed = std::get_if<reply::failed>(&message.body)) return refuse(failed->why);
  if (!std::holds_alternative<reply::joined>(message.body)) return;
  has_head_ = true;
  // Ends with the connection: no chunks, so that every reader gets the same bytes.
  enqueue(bytes_of(std::string(is_http_1_0_ ? "HTTP/1.0" : "HTTP/1.1") +
                   " 200 OK\r\nServer: parley\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                   "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"));
}

void sse_session::refuse(const refusal& why) {
  has_head_ = true;
  enqueue(bytes_of(to_bytes(problem(why), {is_http_1_0_, false, false})));
  finish_silently(1000);
}

void sse_session::say_goodbye(std::uint16_t, std::string_view) {
  if (has_head_) return;  // the stream just ends; its reader comes back with its last id
  has_head_ = true;
  enqueue(bytes_of(to_bytes(problem(refusal{refusal_code::unavailable, "no answer in time", std::nullopt}),
                            {is_http_1_0_, false, false})));
}

void sse_session::on_sweep(net_time now) {
  if (!has_head_ && now >= head_deadline_) return finish(code_abnormal, "");
  if (!has_head_ || now < comment_at_ || !waiting().is_empty()) return;
  comment_at_ = now + front().options.patience.ping;
  static const block comment = bytes_of(":\n\n");
  enqueue(comment);
}

/// A reader sends nothing more: what comes is ignored, an end ends the stream.
void sse_session::watch_peer() {
  socket().async_read_some(boost::asio::buffer(ignored_), [me = self<sse_session>()](auto failed, std::size_t) {
    if (me->is(state::over)) return;
    if (failed && failed != boost::asio::error::operation_aborted) return me->abort();
    if (me->is(state::lingering)) return me->discard();
    me->watch_peer();
  });
}

}  // namespace parley::net
