#include "storage/redis/redis_link.hpp"

#include "storage/redis/resp_command.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <utility>

namespace parley {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

redis_link::redis_link(strand where, redis_address address, milliseconds open_timeout,
                       std::shared_ptr<link_listener> listener, resp_limits limits)
    : address_(std::move(address)),
      open_timeout_(open_timeout),
      listener_(std::move(listener)),
      resolver_(where),
      socket_(where),
      timer_(where),
      reader_(limits) {}

void redis_link::open() {
  timer_.expires_after(open_timeout_);
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && !self->is_open_) self->fail("no answer in time");
  });
  resolve();
}

void redis_link::close() {
  if (std::exchange(is_closed_, true)) return;
  is_open_ = false;
  error_code ignored;
  socket_.close(ignored);
  resolver_.cancel();
  timer_.cancel();
  listener_.reset();
}

void redis_link::send(chunk_queue commands) {
  if (is_closed_) return;
  waiting_.append(std::move(commands));
  if (writing_.empty()) write();
}

void redis_link::send_first(std::string command) {
  if (is_closed_) return;
  waiting_.put_first(std::move(command));
  if (writing_.empty()) write();
}

void redis_link::resolve() {
  const auto& [host, service] = address_.where;
  error_code ec;
  const auto literal = asio::ip::make_address(host, ec);
  unsigned short port = 0;
  std::from_chars(service.data(), service.data() + service.size(), port);
  // A literal address skips the resolver, which is a thread of its own.
  if (!ec) return connect(results::create(tcp::endpoint{literal, port}, host, service));
  resolver_.async_resolve(host, service, [self = shared_from_this()](error_code e, results found) {
    if (self->is_closed_) return;
    if (e) return self->fail("resolve: " + e.message());
    self->connect(found);
  });
}

void redis_link::connect(const results& where) {
  asio::async_connect(socket_, where, [self = shared_from_this()](error_code ec, const tcp::endpoint&) {
    if (self->is_closed_) return;
    if (ec) return self->fail("connect: " + ec.message());
    self->greet();
  });
}

void redis_link::greet() {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  std::string words;
  if (!address_.password.empty()) {
    ++answers_due_;
    if (address_.user.empty())
      append_command(words, {"AUTH", address_.password});
    else
      append_command(words, {"AUTH", address_.user, address_.password});
  }
  ++answers_due_;
  append_command(words, {"PING"});
  send_first(std::move(words));
  read();
}

void redis_link::greeted(const resp_value& answer) {
  if (answer.kind != resp_value::value_kind::status) return fail("refused: " + answer.text);
  if (--answers_due_ > 0) return;
  is_open_ = true;
  timer_.cancel();
  const auto listener = listener_;
  listener->opened(*this);
}

void redis_link::read() {
  socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](error_code ec, std::size_t bytes) {
    if (self->is_closed_) return;
    if (ec) return self->fail("read: " + ec.message());
    self->read_done(bytes);
  });
}

void redis_link::read_done(std::size_t bytes) {
  if (!reader_.feed({in_.data(), bytes})) return fail("protocol: " + reader_.fault());
  while (auto value = reader_.next()) {
    if (is_open_) {
      const auto listener = listener_;
      listener->received(*this, std::move(*value));
    } else {
      greeted(*value);
    }
    if (is_closed_) return;
  }
  if (!reader_.fault().empty()) return fail("protocol: " + reader_.fault());
  read();
}

void redis_link::write() {
  writing_ = waiting_.take();
  asio::async_write(socket_, asio::buffer(writing_), [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->is_closed_) return;
    if (ec) return self->fail("write: " + ec.message());
    self->writing_.clear();
    if (!self->waiting_.empty()) self->write();
    const auto listener = self->listener_;
    listener->written(*self);
  });
}

void redis_link::fail(std::string reason) {
  if (is_closed_) return;
  const auto listener = listener_;
  close();
  listener->closed(*this, std::move(reason));
}

}  // namespace parley
