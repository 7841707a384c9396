#include "net/http/http_connection.hpp"

#include "net/session/ws_session.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <utility>

/// Reading requests and writing answers; what is served stands in http_serving.cpp.
namespace parley::net {

namespace http = boost::beast::http;

http_connection::http_connection(front_thread& thread, tcp_socket socket, admission::place_ptr address)
    : thread_(thread), socket_(std::move(socket)), address_(std::move(address)) {}

void http_connection::wait(step at, milliseconds patience) {
  step_ = at;
  deadline_ = net_clock::now() + patience;
}

void http_connection::start() {
  if (step_ != step::over) read_head();
}

/// Between two requests nothing but the end or the next first byte comes, and its head's time counts from there.
void http_connection::await_request() {
  head_ = {};
  wish_.reset();
  parser_.reset();
  if (is_draining_) return linger();
  if (buffer_.size() > 0) return read_head();
  wait(step::idle, thread_.front().options.patience.idle);
  socket_.async_wait(tcp_socket::wait_read, [me = self()](boost::system::error_code failed) {
    if (me->step_ != step::idle) return;
    if (failed) return me->abort();
    me->read_head();
  });
}

void http_connection::read_head() {
  wait(step::head, thread_.front().options.patience.head);
  buffer_.max_size(std::max(thread_.front().options.head_bytes_max, buffer_.size()));
  read_more_of_head();
}

// Not async_read_until: it keeps a copy of the buffer that it is given, which suits Asio's views but not Beast's
// buffers.
void http_connection::read_more_of_head() {
  const std::string_view held(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  if (const auto end = held.find("\r\n\r\n"); end != std::string_view::npos) return take_head({}, end + 4);
  const auto room = buffer_.max_size() - buffer_.size();
  if (room == 0) return take_head(boost::asio::error::not_found, 0);
  socket_.async_read_some(buffer_.prepare(std::min<std::size_t>(room, 2048)),
                          [me = self()](boost::system::error_code failed, std::size_t length) {
                            if (me->step_ != step::head) return;
                            if (failed) return me->take_head(failed, 0);
                            me->buffer_.commit(length);
                            me->read_more_of_head();
                          });
}

void http_connection::take_head(boost::system::error_code failed, std::size_t length) {
  if (failed == boost::asio::error::not_found || length > thread_.front().options.head_bytes_max)
    return answer(problem(431, "the request's line and headers are too long"));
  if (failed) return abort();
  const std::string bytes(static_cast<const char*>(buffer_.data().data()), length);
  buffer_.consume(length);
  auto parsed = parse_head(bytes);
  if (auto* refused = std::get_if<http_answer>(&parsed)) return answer(std::move(*refused));
  head_ = std::get<http_request_head>(std::move(parsed));
  auto routed = route(head_, thread_.front().options.bounds);
  refused_.reset();
  if (auto* refused = std::get_if<http_answer>(&routed))
    refused_ = std::move(*refused);  // once its body was read: then the connection can go on
  else
    wish_ = std::get<http_wish>(std::move(routed));
  const auto body = body_of(head_);
  if (!body) return answer(problem(refusal{refusal_code::bad_request, "the body's length is not understood", {}}));
  if (wish_ && std::holds_alternative<ask::websocket>(*wish_)) {
    std::string none;
    return serve(ask::websocket{}, none);
  }
  const auto bytes_max = thread_.front().options.bounds.frame_bytes;
  if (bytes_max != 0 && body->length > bytes_max)
    return answer(problem(refusal{refusal_code::message_too_large, "the body is too large", {}}));
  keeps_alive_ = head_.keep_alive() && !is_draining_;
  wait(step::body, thread_.front().options.patience.body);
  if (boost::beast::iequals(head_[http::field::expect], "100-continue") && buffer_.size() == 0) {
    if (refused_) return answer(std::move(*refused_));
    boost::system::error_code ignored;  // 25 bytes on a fresh socket; a client that misses them sends the body anyway
    socket_.write_some(boost::asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), ignored);
  }
  if (body->is_chunked) return read_chunks(bytes);
  read_body(body->length);
}

void http_connection::read_body(std::uint64_t length) {
  const auto wanted = static_cast<std::size_t>(length);
  buffer_.max_size(std::max(wanted, buffer_.size()));
  const std::size_t missing = wanted > buffer_.size() ? wanted - buffer_.size() : 0;
  const auto taken = [me = self(), wanted](boost::system::error_code failed, std::size_t size) {
    if (me->step_ != step::body) return;
    if (failed) return me->abort();
    me->buffer_.commit(size);
    std::string body(static_cast<const char*>(me->buffer_.data().data()), wanted);
    me->buffer_.consume(wanted);
    me->take_request(std::move(body));
  };
  if (missing == 0) return taken({}, 0);
  boost::asio::async_read(socket_, buffer_.prepare(missing), taken);
}

/// Beast knows chunks: it is given the head again, then reads on.
void http_connection::read_chunks(std::string head) {
  parser_.emplace();
  const auto bytes_max = thread_.front().options.bounds.frame_bytes;
  if (bytes_max == 0)
    parser_->body_limit(boost::none);
  else
    parser_->body_limit(bytes_max);
  boost::system::error_code failed;
  parser_->put(boost::asio::buffer(head), failed);
  buffer_.max_size(std::max<std::size_t>(buffer_.size(), 64 * 1024));
  http::async_read(socket_, buffer_, *parser_, [me = self()](boost::system::error_code error, std::size_t) {
    if (me->step_ != step::body) return;
    if (error == http::error::body_limit)
      return me->answer(problem(refusal{refusal_code::message_too_large, "the body is too large", {}}));
    if (error == http::error::end_of_stream || error == http::error::partial_message) return me->abort();
    if (error.category() == make_error_code(http::error::body_limit).category()) {
      me->keeps_alive_ = false;
      return me->answer(problem(refusal{refusal_code::bad_request, "the body's chunks are not well-formed", {}}));
    }
    if (error) return me->abort();
    me->take_request(std::move(me->parser_->get().body()));
  });
}

void http_connection::take_request(std::string body) {
  step_ = step::asking;
  if (refused_) return answer(std::move(*refused_));
  auto wish = std::move(*wish_);
  std::visit([&](auto& what) { serve(what, body); }, wish);
}

void http_connection::answer(http_answer with) {
  if (step_ == step::over) return;
  // Refused in the middle of a request: what follows in the stream cannot be told from its rest.
  const bool keeps_alive = keeps_alive_ && step_ == step::asking;
  thread_.front().probe.http_answered(with.status);
  written_ = to_bytes(with, {head_.version() == 10, keeps_alive, head_.method() == http::verb::head});
  wait(step::writing, thread_.front().options.patience.stall);
  boost::asio::async_write(socket_, boost::asio::buffer(written_),
                           [me = self(), keeps_alive](boost::system::error_code failed, std::size_t) {
                             if (me->step_ != step::writing) return;
                             if (failed) return me->abort();
                             me->wrote(keeps_alive);
                           });
}

void http_connection::refuse(http_answer with) { answer(std::move(with)); }

void http_connection::wrote(bool keeps_alive) {
  written_.clear();
  keeps_alive_ = false;
  if (keeps_alive) return await_request();
  linger();
}

/// Our side first, then what the peer still sends is read away: a reset would eat the answer.
void http_connection::linger() {
  wait(step::lingering, thread_.front().options.patience.closing);
  boost::system::error_code failed;
  socket_.shutdown(tcp_socket::shutdown_send, failed);
  if (failed) return abort();
  buffer_.clear();
  buffer_.max_size(64 * 1024);
  discard();
}

void http_connection::discard() {
  socket_.async_read_some(buffer_.prepare(4096), [me = self()](boost::system::error_code failed, std::size_t) {
    if (me->step_ != step::lingering) return;
    if (failed) return me->abort();
    me->discard();
  });
}

std::string http_connection::take_buffer() {
  std::string out(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  buffer_.clear();
  return out;
}

void http_connection::sweep(net_time now) {
  if (step_ == step::asking) {
    if (exchange_ && now >= deadline_) {
      const auto overdue = exchange_->overdue();
      std::exchange(exchange_, nullptr)->cancel();
      answer(overdue);
    }
    return;
  }
  if (now >= deadline_) abort();
}

void http_connection::drain(const push::reconnect&) {
  is_draining_ = true;
  keeps_alive_ = false;
  if (step_ == step::idle) {
    step_ = step::lingering;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    linger();
  }
}

void http_connection::abort() {
  if (step_ == step::over) return;
  const auto kept = shared_from_this();
  step_ = step::over;
  if (const auto asked = std::exchange(exchange_, nullptr)) asked->cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  address_.reset();
  thread_.delist(*this);
}

}  // namespace parley::net
