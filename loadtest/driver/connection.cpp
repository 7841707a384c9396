#include "loadtest/driver/connection.hpp"

#include "loadtest/driver/frames.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace parley::load {
namespace asio = boost::asio;
using boost::system::error_code;

connection::connection(connection_context& context, std::size_t number)
    : context_(context),
      number_(number),
      socket_(context.io),
      mask_(static_cast<std::uint32_t>(number * 0x9e3779b9u) | 1u) {}

void connection::open() {
  error_code failed;
  socket_.open(context_.to.protocol(), failed);
  if (!failed && !source_.is_unspecified()) socket_.bind({source_, 0}, failed);
  if (failed) return finish("no socket: " + failed.message());
  socket_.async_connect(context_.to, [this](error_code ec) {
    if (ec) return finish("no connection: " + ec.message());
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    state_ = state::upgrading;
    // The key may be any 16 bytes: what the server makes of it is Beast's matter, not a load's.
    unsent_ =
        "GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFybGV5LWxvYWQtdGVzdA==\r\n"
        "Sec-WebSocket-Protocol: parley.v1.json\r\n\r\n";
    flush();
    await_readable();
  });
}

void connection::send(std::string_view text) {
  if (state_ != state::open) return;
  mask_ = mask_ * 1664525u + 1013904223u;
  append_masked_frame(unsent_, opcode::text, text, mask_);
  flush();
}

void connection::close() { finish({}); }

void connection::await_readable() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [this](error_code ec) {
    if (state_ == state::over) return;
    if (ec) return finish(ec.message());
    read();
  });
}

void connection::read() {
  error_code failed;
  const auto size = socket_.read_some(asio::buffer(context_.scratch), failed);
  if (failed == asio::error::would_block) return await_readable();
  if (failed) return finish(failed.message());
  const std::string_view fresh(context_.scratch.data(), size);
  if (rest_.empty()) {
    take(fresh);
  } else {
    rest_.append(fresh);
    take(std::string(std::move(rest_)));
  }
  if (state_ != state::over) await_readable();
}

void connection::take(std::string_view bytes) {
  if (state_ == state::upgrading && !take_upgrade(bytes)) return;
  frame one;
  bool is_broken = false;
  while (state_ == state::open && take_frame(bytes, one, is_broken)) {
    switch (one.kind) {
      case opcode::text:
        if (one.is_final) {
          received(one.payload);
          break;
        }
        [[fallthrough]];
      case opcode::continuation:
        message_.append(one.payload);
        if (one.is_final) received(std::exchange(message_, {}));
        break;
      case opcode::ping:
        append_masked_frame(unsent_, opcode::pong, one.payload, mask_);
        flush();
        break;
      case opcode::pong: break;
      case opcode::close:
        return finish("closed by the node: " + (one.payload.size() > 2 ? std::string(one.payload.substr(2)) : "?"));
      case opcode::binary: return finish("a binary message");
    }
  }
  if (is_broken) return finish("a broken frame");
  if (state_ == state::open) rest_.assign(bytes);
}

/// @returns false until the whole answer is there, or where it is a refusal
bool connection::take_upgrade(std::string_view& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    rest_.assign(bytes);
    return false;
  }
  if (!bytes.starts_with("HTTP/1.1 101")) {
    finish("refused: " + std::string(bytes.substr(0, bytes.find("\r\n"))));
    return false;
  }
  bytes.remove_prefix(end + 4);
  state_ = state::open;
  opened();
  return true;
}

void connection::flush() {
  if (is_waiting_writable_ || unsent_.empty() || state_ == state::over) return;
  error_code failed;
  const auto size = socket_.write_some(asio::buffer(unsent_), failed);
  if (failed && failed != asio::error::would_block) return finish(failed.message());
  unsent_.erase(0, size);
  if (unsent_.empty()) return;
  is_waiting_writable_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_write, [this](error_code ec) {
    is_waiting_writable_ = false;
    if (!ec) flush();
  });
}

void connection::finish(const std::string& why) {
  if (state_ == state::over) return;
  state_ = state::over;
  error_code ignored;
  socket_.close(ignored);
  ended(why);
}

}  // namespace parley::load
