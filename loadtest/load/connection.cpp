#include "loadtest/load/connection.hpp"

#include "loadtest/load/clock.hpp"
#include "loadtest/load/frames.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

namespace parley::load {
namespace asio = boost::asio;
using boost::system::error_code;
namespace {

constexpr std::size_t unsent_bytes_max = 64u << 20, message_bytes_max = 64u << 20;

}  // namespace

connection::connection(connection_context& context, connection_listener& listener, encoding form, std::uint32_t number)
    : context_(context), listener_(listener), socket_(context.io), mask_(number * 0x9e3779b9u | 1u), form_(form) {}

void connection::open(const route& way, int receive_bytes_max) {
  const auto life = ++life_;
  state_ = state::connecting;
  is_waiting_writable_ = is_waiting_readable_ = is_paused_ = false;
  rest_.clear();
  unsent_.clear();
  message_.clear();
  error_code failed, ignored;
  socket_.open(way.to.protocol(), failed);
  if (!failed && receive_bytes_max > 0)
    socket_.set_option(asio::socket_base::receive_buffer_size(receive_bytes_max), ignored);
  if (!failed && !way.source.is_unspecified()) {
    // The port is chosen at `connect`: each target then has all of the source address's.
    const int yes = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    socket_.bind({way.source, 0}, failed);
  }
  if (failed) return finish_later("no socket: " + failed.message());
  socket_.async_connect(way.to, [this, life, host = way.host](error_code ec) {
    if (life != life_) return;
    if (ec) return finish("no connection: " + ec.message());
    upgrade(host);
  });
}

void connection::upgrade(const std::string& host) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  state_ = state::upgrading;
  // The key may be any 16 bytes: what the server makes of it is Beast's matter, not a load's.
  unsent_ = "GET /v1/ws HTTP/1.1\r\nHost: " + host +
            "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: cGFybGV5LWxvYWQtdGVzdA==\r\nSec-WebSocket-Protocol: " +
            (form_ == encoding::json ? "parley.v1.json" : "parley.v1.proto") + "\r\n\r\n";
  flush();
  if (state_ == state::upgrading) await_readable();
}

void connection::send(std::string_view message) {
  if (state_ != state::open) return;
  mask_ = mask_ * 1664525u + 1013904223u;
  append_masked_frame(unsent_, form_ == encoding::json ? opcode::text : opcode::binary, message, mask_);
  if (unsent_.size() > unsent_bytes_max) return finish_later("the node does not read what it is sent");
  flush();
}

void connection::resume() {
  if (!is_paused_) return;
  is_paused_ = false;
  if (state_ == state::open || state_ == state::upgrading) await_readable();
}

void connection::await_readable() {
  if (is_paused_ || is_waiting_readable_) return;
  is_waiting_readable_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [this, life = life_](error_code ec) {
    if (life != life_) return;
    is_waiting_readable_ = false;
    if (is_paused_) return;
    if (ec) return finish(ec.message());
    read();
  });
}

void connection::read() {
  const auto life = life_;
  error_code failed;
  const auto size = socket_.read_some(asio::buffer(context_.scratch), failed);
  if (failed == asio::error::would_block) return await_readable();
  if (failed) return finish(failed.message());
  context_.now_ns = now_ns();
  context_.bytes_in += size;
  const std::string_view fresh(context_.scratch.data(), size);
  if (rest_.empty()) {
    take(fresh);
  } else {
    rest_.append(fresh);
    const std::string whole = std::move(rest_);
    rest_.clear();
    take(whole);
  }
  if (life == life_) await_readable();
}

void connection::take(std::string_view bytes) {
  if (state_ == state::upgrading && !take_upgrade(bytes)) return;
  const auto life = life_;
  frame one;
  bool is_broken = false;
  while (take_frame(bytes, one, is_broken)) {
    if (!take_message(one) || life != life_ || state_ != state::open) return;
  }
  if (is_broken) return finish("a broken frame");
  rest_.assign(bytes);
}

bool connection::take_message(const frame& one) {
  switch (one.kind) {
    case opcode::text:
    case opcode::binary:
      if ((one.kind == opcode::text) != (form_ == encoding::json))
        return finish("a message of the other encoding"), false;
      if (one.is_final) {
        listener_.received(one.payload);
        break;
      }
      [[fallthrough]];
    case opcode::continuation:
      message_.append(one.payload);
      if (message_.size() > message_bytes_max) return finish("a message of more than 64 MiB"), false;
      if (one.is_final) {
        const std::string whole = std::move(message_);
        message_.clear();
        listener_.received(whole);
      }
      break;
    case opcode::ping:
      append_masked_frame(unsent_, opcode::pong, one.payload, mask_);
      if (unsent_.size() > unsent_bytes_max) return finish("the node does not read what it is sent"), false;
      flush();
      break;
    case opcode::pong: break;
    case opcode::close: {
      const auto said = one.payload;
      if (said.size() < 2) return finish("closed by the node"), false;
      const auto code =
          static_cast<unsigned>(static_cast<std::uint8_t>(said[0]) << 8 | static_cast<std::uint8_t>(said[1]));
      return finish("closed by the node: " + std::to_string(code) + ' ' + std::string(said.substr(2)), code), false;
    }
  }
  return true;
}

/// @returns false until the whole answer is there, or where it is a refusal
bool connection::take_upgrade(std::string_view& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    rest_.assign(bytes);
    return false;
  }
  if (!bytes.starts_with("HTTP/1.1 101")) {
    finish("the upgrade was refused: " + std::string(bytes.substr(0, bytes.find("\r\n"))));
    return false;
  }
  bytes.remove_prefix(end + 4);
  const auto life = life_;
  state_ = state::open;
  listener_.opened();
  return life == life_ && state_ == state::open;
}

void connection::flush() {
  if (is_waiting_writable_ || unsent_.empty() || state_ == state::over) return;
  error_code failed;
  const auto size = socket_.write_some(asio::buffer(unsent_), failed);
  if (failed && failed != asio::error::would_block) {
    unsent_.clear();
    return finish_later(failed.message());
  }
  context_.bytes_out += size;
  unsent_.erase(0, size);
  if (unsent_.empty()) return;
  is_waiting_writable_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_write, [this, life = life_](error_code ec) {
    if (life != life_) return;
    is_waiting_writable_ = false;
    if (!ec) flush();
  });
}

void connection::shut() {
  ++life_;
  state_ = state::over;
  error_code ignored;
  socket_.close(ignored);
}

void connection::close() {
  if (state_ != state::over) shut();
}

/// Never from within the listener's own call.
void connection::finish_later(const std::string& why) {
  asio::post(context_.io, [this, life = life_, why] {
    if (life == life_) finish(why);
  });
}

void connection::finish(const std::string& why, unsigned close_code) {
  if (state_ == state::over) return;
  shut();
  listener_.ended(why, close_code);
}

}  // namespace parley::load
