#include "net/peer/peer_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/error.hpp>

#include <algorithm>
#include <utility>

/// A link that is open: items, signs of life, and every link's end.
namespace parley::net {

namespace websocket = boost::beast::websocket;
namespace {

/// Beast masks what a dialler writes in a buffer of this size, one write each.
constexpr std::size_t mask_buffer_bytes = 64 * 1024;
constexpr std::size_t read_bytes = 64 * 1024;

tcp_socket unconnected(boost::asio::io_context& io) { return tcp_socket{io.get_executor()}; }

}  // namespace

peer_connection::peer_connection(std::shared_ptr<peer_context> shared, tcp_socket socket)
    : peer_connection(std::move(shared), std::move(socket), false) {}

peer_connection::peer_connection(std::shared_ptr<peer_context> shared, peer_place where,
                                 std::shared_ptr<peer_link_sink> sink)
    : peer_connection(shared, unconnected(shared->io), true) {
  place_ = std::move(where);
  sink_ = std::move(sink);
}

peer_connection::peer_connection(std::shared_ptr<peer_context> shared, tcp_socket socket, bool is_dialled)
    : shared_(std::move(shared)),
      is_dialled_(is_dialled),
      tls_(shared_->tls),
      outbox_(shared_->options.waiting_bytes_max, shared_->options.waiting_items_max,
              shared_->options.bounds.frame_bytes_max),
      ws_(std::move(socket)),
      resolver_(shared_->io.get_executor()) {
  ws_.write_buffer_bytes(mask_buffer_bytes);
  ws_.auto_fragment(false);
  ws_.binary(true);
  ws_.read_message_max(hello_bytes_max);
  ws_.control_callback([this](websocket::frame_type, boost::beast::string_view) { heard_at_ = clock::now(); });
}

bool peer_connection::send(peer::item one) {
  const auto verdict = outbox_.push(std::move(one));
  if (verdict == peer_outbox::verdict::wake)
    boost::asio::post(shared_->io, [me = shared_from_this()] {
      if (me->step_ == step::open) me->write();
    });
  return verdict != peer_outbox::verdict::refused;
}

void peer_connection::close() {
  if (is_released_.exchange(true)) return;
  outbox_.shut();
  boost::asio::post(shared_->io, [me = shared_from_this()] { me->end(peer_end::stopped, true); });
}

void peer_connection::stop() {
  end(peer_end::stopped, false);
  abort();
}

void peer_connection::wait(step next, milliseconds patience) {
  step_ = next;
  deadline_ = clock::now() + patience;
}

void peer_connection::sweep(clock::time_point now) {
  switch (step_) {
    case step::over: return;
    case step::closing:
      if (now >= deadline_) abort();
      return;
    case step::connecting:
      if (now >= deadline_) end(peer_end::unreachable, false, "no answer");
      return;
    case step::securing:
    case step::upgrading:
    case step::greeting:
      if (now >= deadline_) end(peer_end::slow, false);
      return;
    case step::open: return beat(now);
  }
}

void peer_connection::beat(clock::time_point now) {
  const auto& patience = shared_->options.patience;
  if (now - heard_at_ >= patience.silence) return end(peer_end::silent, false);
  // An end that gives signs of life but reads nothing is as dead: what waits for it would wait for ever.
  if (is_writing_ && now - write_since_ >= patience.silence) return end(peer_end::silent, false, "reads nothing");
  if (is_beating_ && now - beat_since_ >= patience.silence) return end(peer_end::silent, false, "reads nothing");
  if (now - std::max(heard_at_, counted_at_) >= 2 * patience.ping) {
    counted_at_ = now;
    shared_->probe.ping_lost();
  }
  if (is_beating_ || now < beat_at_) return;
  beat_at_ = now + patience.ping;
  beat_since_ = now;
  is_beating_ = true;
  ws_.async_pong({}, [me = shared_from_this()](boost::system::error_code) { me->is_beating_ = false; });
}

/// Piece by piece: a large frame on a slow network is a sign of life long before its end.
void peer_connection::read() {
  ws_.async_read_some(buffer_, read_bytes, [me = shared_from_this()](boost::system::error_code failed, std::size_t) {
    if (me->step_ == step::open) me->received(failed);
  });
}

void peer_connection::received(boost::system::error_code failed) {
  if (failed) return failed_with(failed);
  heard_at_ = clock::now();
  if (!ws_.is_message_done()) return read();
  if (!ws_.got_binary()) return end(peer_end::not_understood, true);
  take_items({static_cast<const char*>(buffer_.data().data()), buffer_.size()});
  buffer_.clear();
  if (step_ == step::open) read();
}

void peer_connection::take_items(std::string_view frame) {
  const auto expected = is_dialled_ ? peer_says::answers : peer_says::questions;
  auto items = decode_items(frame, expected, shared_->options.bounds);
  if (!items) return end(peer_end::not_understood, true);
  shared_->probe.frame_received(frame.size(), items->size());
  if (!is_released_) sink_->received(std::move(*items));
}

void peer_connection::write() {
  if (is_writing_ || (batch_.empty() && !outbox_.take(batch_))) return;
  frame_ = next_frame(batch_, shared_->options.bounds);
  is_writing_ = true;
  write_since_ = clock::now();
  ws_.async_write(boost::asio::buffer(frame_.bytes),
                  [me = shared_from_this()](boost::system::error_code failed, std::size_t) { me->written(failed); });
}

void peer_connection::written(boost::system::error_code failed) {
  is_writing_ = false;
  if (step_ != step::open) return;
  if (failed) return failed_with(failed);
  shared_->probe.frame_written(frame_.bytes.size(), frame_.items);
  outbox_.written(frame_.cost, frame_.items);
  write();
}

/// What the library says of a broken connection, in our words.
void peer_connection::failed_with(boost::system::error_code failed) {
  const auto is_of = [&](const boost::system::error_code& one) { return failed.category() == one.category(); };
  if (failed == websocket::error::closed) {
    const auto said = end_of({ws_.reason().reason.data(), ws_.reason().reason.size()});
    return end(said.value_or(peer_end::lost), false, "said by the other end");
  }
  if (step_ == step::securing || failed.category() == boost::asio::error::get_ssl_category())
    return end(peer_end::not_secure, false, failed.message());
  if (failed == websocket::error::message_too_big || failed == websocket::condition::protocol_violation)
    return end(peer_end::not_understood, false, failed.message());
  if (is_of(make_error_code(boost::beast::http::error::end_of_stream)) ||
      failed == websocket::condition::handshake_failed)
    return end(peer_end::not_a_link, false, failed.message());
  end(peer_end::lost, false, failed.message());
}

void peer_connection::account(peer_end why, const std::string& detail) {
  const bool was_open = step_ == step::open;
  if (was_open)
    shared_->probe.link_closed(why);
  else
    shared_->probe.refused(why);
  // Who dials tries again and again: one that fails is for whoever dials to tell.
  const auto level = was_open ? log_level::info : is_dialled_ ? log_level::debug : log_level::warn;
  shared_->out.write(level, was_open ? "peer.link_closed" : "peer.link_refused",
                     {{"node", place_.node.name},
                      {"address", where()},
                      {"dialled", is_dialled_ ? "true" : "false"},
                      {"why", std::string{text_of(why)}},
                      {"detail", detail}});
}

void peer_connection::end(peer_end why, bool tells, std::string detail) {
  if (step_ == step::closing || step_ == step::over) return;
  const auto me = shared_from_this();
  account(why, detail);
  outbox_.shut();
  const bool can_tell = tells && (step_ == step::open || step_ == step::greeting);
  wait(step::closing, shared_->options.patience.closing);
  if (const auto sink = std::exchange(sink_, nullptr); sink && !is_released_)
    sink->closed(std::string{text_of(why)} + (detail.empty() ? "" : ": " + detail));
  if (!can_tell) return abort();
  const auto text = text_of(why);
  ws_.async_close({websocket::close_code::policy_error, {text.data(), text.size()}},
                  [me](boost::system::error_code) { me->abort(); });
}

void peer_connection::abort() {
  if (step_ == step::over) return;
  const auto me = shared_from_this();
  step_ = step::over;
  resolver_.cancel();
  boost::system::error_code ignored;
  ws_.next_layer().socket().close(ignored);
  shared_->all.erase(me);
}

std::string peer_connection::where() const { return is_dialled_ ? place_.address : remote_; }

}  // namespace parley::net
