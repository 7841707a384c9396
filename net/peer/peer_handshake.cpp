#include "net/peer/peer_connection.hpp"

#include <boost/asio/connect.hpp>
#include <boost/beast/http/read.hpp>

#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

/// From a TCP connection to an open link: each step has its deadline, and only the next step's answer is believed.
namespace parley::net {

namespace http = boost::beast::http;
namespace ip = boost::asio::ip;
namespace {

constexpr auto link_path = "/v1/peer";
constexpr std::uint32_t request_bytes_max = 4 * 1024;

struct host_and_port {
  std::string host, port;
};

/// HOST:PORT, with an IPv6 address in brackets.
host_and_port split(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return {};
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return {std::move(host), address.substr(colon + 1)};
}

}  // namespace

void peer_connection::start() {
  shared_->all.insert(shared_from_this());
  wait(step::connecting, shared_->options.patience.connect);
  if (is_dialled_) return dial();
  boost::system::error_code failed;
  const auto other = ws_.next_layer().socket().remote_endpoint(failed);
  if (failed) return end(peer_end::lost, false);
  remote_ = other.address().to_string();
  if (!tls_ && !other.address().is_loopback()) return end(peer_end::not_loopback, false);
  connected({});
}

void peer_connection::dial() {
  const auto [host, port_text] = split(place_.address);
  std::uint16_t port = 0;
  const auto* end_of_text = port_text.data() + port_text.size();
  const auto read = std::from_chars(port_text.data(), end_of_text, port);
  if (host.empty() || read.ec != std::errc{} || read.ptr != end_of_text || port == 0)
    return end(peer_end::unreachable, false, "no HOST:PORT");
  // An address waits for no look-up: the resolver has one thread, and a slow name server holds it up.
  boost::system::error_code failed;
  if (const auto address = ip::make_address(host, failed); !failed) return connect({{address, port}});
  resolver_.async_resolve(host, port_text, ip::tcp::resolver::numeric_service,
                          [me = shared_from_this()](boost::system::error_code error, resolver::results_type found) {
                            if (me->step_ != step::connecting) return;
                            if (error) return me->end(peer_end::unreachable, false, error.message());
                            me->connect({found.begin(), found.end()});
                          });
}

void peer_connection::connect(std::vector<ip::tcp::endpoint> all) {
  if (!tls_) std::erase_if(all, [](const ip::tcp::endpoint& one) { return !one.address().is_loopback(); });
  if (all.empty()) return end(peer_end::not_loopback, false);
  boost::asio::async_connect(ws_.next_layer().socket(), all,
                             [me = shared_from_this()](boost::system::error_code failed, const ip::tcp::endpoint&) {
                               if (me->step_ == step::connecting) me->connected(failed);
                             });
}

void peer_connection::connected(boost::system::error_code failed) {
  if (failed) return end(peer_end::unreachable, false, failed.message());
  ws_.next_layer().socket().set_option(ip::tcp::no_delay(true), failed);
  if (tls_) return secure();
  upgrade();
}

void peer_connection::secure() {
  wait(step::securing, shared_->options.patience.step);
  auto& tls = ws_.next_layer().secure(is_dialled_ ? tls_->dialling : tls_->accepting);
  tls.async_handshake(is_dialled_ ? boost::asio::ssl::stream_base::client : boost::asio::ssl::stream_base::server,
                      [me = shared_from_this(), &tls](boost::system::error_code error) {
                        if (me->step_ != step::securing) return;
                        if (!error) me->names_ = names_of_peer(tls.native_handle());
                        me->secured(error);
                      });
}

void peer_connection::secured(boost::system::error_code failed) {
  if (failed) return failed_with(failed);
  // Before a word is said to it.
  if (is_dialled_ && !carries(names_, place_.node.name)) return end(peer_end::node, false);
  upgrade();
}

void peer_connection::upgrade() {
  wait(step::upgrading, shared_->options.patience.step);
  const auto me = shared_from_this();
  if (is_dialled_) {
    return ws_.async_handshake(place_.address, link_path, [me](boost::system::error_code failed) {
      if (me->step_ == step::upgrading) me->upgraded(failed);
    });
  }
  request_ = std::make_unique<http::request_parser<http::empty_body>>();
  request_->header_limit(request_bytes_max);
  request_->body_limit(0);
  buffer_.max_size(request_bytes_max);
  http::async_read(ws_.next_layer(), buffer_, *request_, [me](boost::system::error_code failed, std::size_t) {
    if (me->step_ == step::upgrading) me->take_request(failed);
  });
}

void peer_connection::take_request(boost::system::error_code failed) {
  if (failed) return failed_with(failed);
  const auto& request = request_->get();
  // Bytes behind the request cannot be a hello: that waits for our answer.
  if (!boost::beast::websocket::is_upgrade(request) || request.target() != link_path || buffer_.size() != 0)
    return end(peer_end::not_a_link, false);
  ws_.async_accept(request, [me = shared_from_this()](boost::system::error_code error) {
    if (me->step_ == step::upgrading) me->upgraded(error);
  });
}

void peer_connection::upgraded(boost::system::error_code failed) {
  if (failed) return failed_with(failed);
  request_.reset();
  buffer_ = boost::beast::flat_buffer{};
  wait(step::greeting, shared_->options.patience.step);
  if (is_dialled_) return say_hello(hello_to(shared_->options.self, place_.node));
  read_hello();
}

void peer_connection::say_hello(const peer_hello& said) {
  frame_.bytes = encode_hello(said);
  ws_.async_write(boost::asio::buffer(frame_.bytes),
                  [me = shared_from_this()](boost::system::error_code failed, std::size_t) {
                    if (me->step_ != step::greeting) return;
                    if (failed) return me->failed_with(failed);
                    if (me->is_dialled_) return me->read_hello();
                    me->opened();
                  });
}

void peer_connection::read_hello() {
  ws_.async_read(buffer_, [me = shared_from_this()](boost::system::error_code failed, std::size_t) {
    if (me->step_ != step::greeting) return;
    if (failed) return me->failed_with(failed);
    me->take_hello({static_cast<const char*>(me->buffer_.data().data()), me->buffer_.size()});
  });
}

void peer_connection::take_hello(std::string_view bytes) {
  const auto said = ws_.got_binary() ? decode_hello(bytes) : std::nullopt;
  buffer_.clear();
  if (!said) return end(peer_end::not_understood, true);
  const auto& self = shared_->options.self;
  const auto refused =
      is_dialled_ ? refuse_answer(self, place_.node, *said, names_) : refuse_dialler(self, *said, names_);
  if (refused) return end(*refused, true, is_dialled_ ? "" : "it says to be " + said->speaker.name);
  if (is_dialled_) return opened();
  place_.node = said->speaker;
  outbox_.open();  // the door may already send: it waits for our hello to be written
  if (!ask_door(*said)) return end(peer_end::not_taken, true);
  say_hello(answer_of(self));
}

bool peer_connection::ask_door(const peer_hello& said) {
  const std::lock_guard lock(shared_->door_mutex);
  if (shared_->door != nullptr) sink_ = shared_->door->accepted(said.speaker, shared_from_this());
  return sink_ != nullptr;
}

void peer_connection::opened() {
  step_ = step::open;
  heard_at_ = counted_at_ = beat_at_ = clock::now();
  ws_.read_message_max(shared_->options.bounds.frame_bytes_max);
  shared_->probe.link_opened();
  shared_->out.write(log_level::info, "peer.link_opened",
                     {{"node", place_.node.name}, {"address", where()}, {"dialled", is_dialled_ ? "true" : "false"}});
  if (is_dialled_) {
    outbox_.open();
    if (!is_released_) sink_->opened();
  }
  read();
  write();
}

}  // namespace parley::net
