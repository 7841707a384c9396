#include "net/session/ws_session.hpp"

#include "net/authentication.hpp"
#include "net/codec/json_decoder.hpp"
#include "net/codec/proto_decoder.hpp"
#include "net/codec/websocket_frame.hpp"

#include <boost/beast/websocket/error.hpp>

#include <algorithm>
#include <utility>

namespace parley::net {

namespace websocket = boost::beast::websocket;
namespace {

constexpr std::size_t idle_read_bytes = 512;
constexpr std::uint32_t unanswered_max = 1024;  // past it nothing is read: who asks faster than we answer waits

/// Beast echoes a peer's close code from 5000 on, which RFC 6455 §7.4.2 does not know.
void correct_close(std::string& frame) {
  constexpr std::size_t code_end = 4;
  if (frame.size() < code_end || static_cast<unsigned char>(frame[0]) != 0x88) return;
  const unsigned code = static_cast<unsigned char>(frame[2]) * 256u + static_cast<unsigned char>(frame[3]);
  if (code < 5000) return;
  frame[2] = static_cast<char>(1002 >> 8);
  frame[3] = static_cast<char>(1002 & 0xFF);
}

/// The room and the key that an answer to it names; empty: none.
std::pair<std::string, std::string> named_in(incoming_body& body) {
  return std::visit(
      [](auto& asked) -> std::pair<std::string, std::string> {
        using body_type = std::decay_t<decltype(asked)>;
        if constexpr (std::is_same_v<body_type, request::publish>)
          return {std::move(asked.room), std::move(asked.draft.client_msg_id)};
        else if constexpr (std::is_same_v<body_type, request::refused>)
          return {std::move(asked.room), std::move(asked.client_msg_id)};
        else if constexpr (requires { asked.room; })
          return {std::move(asked.room), {}};
        else
          return {};
      },
      body);
}

}  // namespace

ws_session::ws_session(front_thread& thread, tcp_socket connected, upgrade asked, admission::place_ptr address)
    : session(thread, std::move(connected), asked.spoken == encoding::json ? wire_form::ws_json : wire_form::ws_proto),
      asked_(std::make_unique<upgrade>(std::move(asked))),
      token_(std::move(asked_->token)),
      spoken_(asked_->spoken),
      address_(std::move(address)),
      ws_(socket(), std::move(asked_->early), [this](std::string bytes) {
        correct_close(bytes);
        enqueue(std::make_shared<const std::string>(std::move(bytes)));
      }) {
  const auto& options = front().options;
  const auto now = net_clock::now();
  connect_deadline_ = now + options.patience.connect;
  // Spread over the period, so that sessions that came together are not pinged together.
  ping_at_ = now + options.patience.ping / 2 + options.patience.ping * static_cast<int>(id().value % 64) / 128;
  ws_.read_message_max(options.connect_frame_bytes_max);
  ws_.control_callback([this](websocket::frame_type, boost::beast::string_view) { on_control(); });
  ws_.set_option(websocket::stream_base::decorator([name = asked_->subprotocol](websocket::response_type& answer) {
    if (!name.empty()) answer.set(boost::beast::http::field::sec_websocket_protocol, name);
    answer.set(boost::beast::http::field::server, "parley");
  }));
}

void ws_session::start() {
  if (!is(state::open)) return;  // it came while the front stops
  is_reading_ = true;
  ws_.async_accept(asked_->request, [me = self<ws_session>()](boost::system::error_code failed) {
    me->is_reading_ = false;
    me->upgraded(failed);
  });
}

void ws_session::upgraded(boost::system::error_code failed) {
  asked_.reset();
  if (failed) return failed_to_read(failed);
  read();
}

void ws_session::read() {
  if (!is(state::open) || is_reading_ || is_held_ || is_draining()) return;
  is_reading_ = true;
  // Beast takes the buffer before anything comes, and an idle session waits with it: most messages fit into a small
  // one.
  ws_.async_read_some(buffer_, idle_read_bytes,
                      [me = self<ws_session>()](boost::system::error_code failed, std::size_t) {
                        if (!failed && !me->ws_.is_message_done() && me->is(state::open)) return me->read_rest();
                        me->is_reading_ = false;
                        me->received(failed);
                      });
}

void ws_session::read_rest() {
  ws_.async_read(buffer_, [me = self<ws_session>()](boost::system::error_code failed, std::size_t) {
    me->is_reading_ = false;
    me->received(failed);
  });
}

void ws_session::received(boost::system::error_code failed) {
  if (is(state::lingering)) return discard();
  if (!is(state::open)) return;
  if (failed) return failed_to_read(failed);
  awaits_pong_ = false;
  message_bytes_ = 0;
  (void)ws_.next_layer().take_received();
  front().probe.frame_received(buffer_.size());
  const bool is_json = spoken_ == encoding::json;
  if (ws_.got_binary() == is_json) return not_understood(1003, "the other message type is this subprotocol's");
  const std::string_view payload(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  const auto& bounds = front().options.bounds;
  auto items = is_json ? decode_json_frame(payload, bounds) : decode_proto_frame(payload, bounds);
  buffer_.consume(buffer_.size());
  constexpr std::size_t kept_bytes_max = 2 * 1024;
  if (buffer_.capacity() > kept_bytes_max) buffer_.shrink_to_fit();
  if (!items) return not_understood(static_cast<std::uint16_t>(close_code::not_understood), "the frame does not parse");
  take(std::move(*items));
  is_held_ = waiting().bytes() > front().options.read_pause_bytes || unanswered() > unanswered_max;
  read();
}

void ws_session::failed_to_read(boost::system::error_code failed) {
  if (is(state::lingering)) return discard();
  // Beast answers what breaks RFC 6455, and a close, with a close frame: it is in the outbox by now.
  if (failed == websocket::error::closed) return finish_silently(ws_.reason().code);
  if (failed.category() != make_error_code(websocket::error::closed).category()) return abort();
  front().probe.frame_not_understood();
  finish_silently(failed == websocket::error::message_too_big     ? 1009
                  : failed == websocket::error::bad_frame_payload ? 1007
                                                                  : 1002);
}

void ws_session::not_understood(std::uint16_t code, std::string_view reason) {
  front().probe.frame_not_understood();
  finish(code, reason);
}

void ws_session::take(std::vector<incoming> items) {
  for (auto& one : items) {
    if (!is(state::open)) return;
    take(std::move(one));
  }
}

void ws_session::take(incoming one) {
  if (!with()) {
    if (auto* wish = std::get_if<connect_wish>(&one.body)) return connect(one.id, std::move(*wish));
    if (auto* refused = std::get_if<request::refused>(&one.body); refused != nullptr && !one.is_behind_connect)
      return refuse(one.id, std::move(refused->why));
    auto [room, client_msg_id] = named_in(one.body);
    return enqueue(server_message{
        one.id, reply::failed{{refusal_code::unauthenticated, "the first operation is `connect`", std::nullopt},
                              std::move(room),
                              std::move(client_msg_id)}});
  }
  std::visit(
      [&](auto& body) {
        using body_type = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<body_type, connect_wish>) {
          refuse(one.id, {refusal_code::bad_request, "`connect` comes once", std::nullopt});
        } else {
          if constexpr (std::is_same_v<body_type, request::publish>) body.draft.sender = user_;
          request({one.id, std::move(body)});
        }
      },
      one.body);
}

void ws_session::connect(std::uint32_t id, connect_wish wish) {
  const std::string& token = wish.token.empty() ? token_ : wish.token;
  auto known = authenticate_developer(wish.user, token, front().options.instance);
  if (auto* why = std::get_if<refusal>(&known)) return refuse(id, std::move(*why));
  auto& who = std::get<identity>(known);
  if (!front().users.is_unlimited()) {
    user_place_ = front().users.enter(who.instance + '/' + who.user);
    if (!user_place_) {
      refuse(id, {refusal_code::quota_exceeded, "too many connections of this user", std::nullopt});
      return finish(static_cast<std::uint16_t>(close_code::flooding), "too many connections of this user");
    }
  }
  user_ = who.user;
  auto conversation = front().desk.open(self<ws_session>(), std::move(who.instance));
  if (!conversation) return finish(static_cast<std::uint16_t>(close_code::going_away), "the node stops");
  converse(std::move(conversation));
  ws_.read_message_max(front().options.bounds.frame_bytes);
  request({id, request::connect{user_, std::move(wish.rooms)}});
}

void ws_session::refuse(std::uint32_t id, refusal why) {
  enqueue(server_message{id, reply::failed{std::move(why), {}, {}}});
}

void ws_session::say_goodbye(std::uint16_t code, std::string_view reason) {
  constexpr std::size_t reason_bytes_max = 123;
  reason = reason.substr(0, reason_bytes_max);
  std::string frame;
  append_ws_header(frame, ws_opcode::close, 2 + reason.size());
  frame += static_cast<char>(code >> 8);
  frame += static_cast<char>(code & 0xFF);
  frame += reason;
  enqueue(std::make_shared<const std::string>(std::move(frame)));
}

void ws_session::stop_reading() {
  user_place_.reset();
  if (!is_reading_) return discard();
  boost::system::error_code ignored;
  socket().cancel(ignored);  // the read's own handler goes on with `discard`
}

void ws_session::on_over() {
  address_.reset();
  user_place_.reset();
}

void ws_session::on_written() {
  if (!is_held_ || waiting().bytes() > front().options.read_pause_bytes / 2) return;
  if (unanswered() > unanswered_max / 2) return;
  is_held_ = false;
  read();
}

void ws_session::on_control() {
  awaits_pong_ = false;
  ++control_frames_;
}

bool ws_session::is_flooded() {
  const auto& options = front().options;
  const auto allowed = options.control_frames_per_second_max * static_cast<std::size_t>(options.patience.sweep.count());
  if (std::exchange(control_frames_, 0) * 1000 > std::max<std::size_t>(allowed, 1000)) return true;
  // Empty or tiny fragments cost headers: what came of an unfinished message, less what it holds, is overhead.
  const std::size_t received = ws_.next_layer().take_received();
  if (received > 0) awaits_pong_ = false;
  message_bytes_ += received;
  return is_reading_ &&
         message_bytes_ > buffer_.size() + options.frame_overhead_bytes_max + options.connect_frame_bytes_max;
}

void ws_session::on_sweep(net_time now) {
  if (!with() && now >= connect_deadline_)
    return finish(static_cast<std::uint16_t>(close_code::connect_timeout), "no `connect` in time");
  if (is_flooded())
    return finish(static_cast<std::uint16_t>(close_code::flooding), "too many control frames or fragments");
  if (!waiting().is_empty()) return;  // a ping would only wait: slow readers are the outbox's matter
  if (is_held_) return;               // what it answers is not read now
  if (awaits_pong_ && now >= pong_deadline_)
    return finish(static_cast<std::uint16_t>(close_code::ping_timeout), "no answer to pings");
  if (awaits_pong_ || now < ping_at_) return;
  static const block ping = std::make_shared<const std::string>("\x89\x00", 2);
  ping_at_ = now + front().options.patience.ping;
  pong_deadline_ = now + front().options.patience.pong;
  awaits_pong_ = true;
  enqueue(ping);
}

}  // namespace parley::net
