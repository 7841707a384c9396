// What an idle connection costs with Beast and nothing around it: the reference of goal P10. One thread, a plain
// WebSocket stream without compression, one read pending, buffers given back. It answers parley-load's `connect`
// and `join` with canned words; it has no rooms, no rows, no timers.
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

class idle_session : public std::enable_shared_from_this<idle_session> {
public:
  explicit idle_session(tcp::socket socket) : ws_(std::move(socket)) {}

  void start() {
    ws_.async_accept([self = shared_from_this()](error_code ec) {
      if (!ec) self->read();
    });
  }

private:
  static std::string between(std::string_view text, std::string_view before, char end) {
    const auto at = text.find(before);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + before.size());
    return std::string(text.substr(0, text.find(end)));
  }

  void read() {
    ws_.async_read(buffer_, [self = shared_from_this()](error_code ec, std::size_t) {
      if (ec) return;
      self->answer();
    });
  }

  void answer() {
    const std::string_view text(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    const auto id = between(text, "{\"id\":", ','), room = between(text, "\"room\":\"", '"');
    const std::string at = "{\"term\":0,\"seq\":0}", named = "{\"room\":\"" + room + "\",";
    out_ = text.find("\"connect\"") != std::string_view::npos
               ? "{\"id\":" + id + ",\"connected\":{\"conn_id\":\"1\",\"node\":\"bare\"}}"
               : "[{\"id\":" + id + ",\"joined\":" + named + "\"head\":" + at + ",\"start\":" + at +
                     "}},{\"live\":" + named + "\"at\":" + at + "}}]";
    buffer_.consume(buffer_.size());
    buffer_.shrink_to_fit();
    ws_.text(true);
    ws_.async_write(asio::buffer(out_), [self = shared_from_this()](error_code ec, std::size_t) {
      std::string().swap(self->out_);
      if (!ec) self->read();
    });
  }

  websocket::stream<tcp::socket, false> ws_;
  boost::beast::flat_buffer buffer_;
  std::string out_;
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](error_code ec, tcp::socket socket) {
    if (!ec) std::make_shared<idle_session>(std::move(socket))->start();
    accept(acceptor);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const int port = argc == 2 ? std::atoi(argv[1]) : 0;
  if (port <= 0 || port > 65535) {
    std::fputs("usage: beast_idle PORT   listens on loopback until it is killed\n", stderr);
    return 2;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
  acceptor.listen(1024);
  accept(acceptor);
  io.run();
}
