#include "net/listener.hpp"

#include "net/http/http_connection.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <utility>

namespace parley::net {
namespace {

constexpr milliseconds pause_min{50};
constexpr milliseconds pause_max{2'000};

}  // namespace

listener::listener(front_threads& threads)
    : threads_(threads),
      front_(threads.front()->front()),
      acceptor_(threads.front()->io()),
      pause_timer_(threads.front()->io()) {}

std::string listener::listen(const std::string& address, std::uint16_t port) {
  namespace ip = boost::asio::ip;
  boost::system::error_code failed;
  const auto ip_address = ip::make_address(address, failed);
  if (failed) return "`" + address + "` is no IP address";
  const ip::tcp::endpoint endpoint(ip_address, port);
  const auto say = [&](std::string_view what) {
    return std::string(what) + ' ' + address + ':' + std::to_string(port) + ": " + failed.message();
  };
  acceptor_.open(endpoint.protocol(), failed);
  if (failed) return say("cannot open a socket for");
  acceptor_.set_option(ip::tcp::acceptor::reuse_address(true), failed);
  acceptor_.bind(endpoint, failed);
  if (failed) return say("cannot listen on");
  acceptor_.listen(4096, failed);
  if (failed) return say("cannot listen on");
  port_ = acceptor_.local_endpoint(failed).port();
  return {};
}

void listener::accept() {
  if (!acceptor_.is_open()) return;
  front_thread& thread = *threads_[next_thread_++ % threads_.size()];
  acceptor_.async_accept(thread.get_executor(), [this, &thread](boost::system::error_code failed, tcp_socket socket) {
    // This handler runs on the acceptor's thread, though the socket is another's: only post from it.
    accepted(failed, thread, std::move(socket));
  });
}

void listener::accepted(boost::system::error_code failed, front_thread& thread, tcp_socket socket) {
  if (failed == boost::asio::error::operation_aborted) return;
  if (failed == boost::asio::error::no_descriptors || failed == boost::system::errc::too_many_files_open_in_system ||
      failed == boost::asio::error::no_buffer_space || failed == boost::asio::error::no_memory)
    return pause();
  pause_ = {};
  if (!failed) {
    front_.probe.connection_accepted();
    auto shared = std::make_shared<tcp_socket>(std::move(socket));
    thread.post([&thread, shared] { welcome(thread, std::move(*shared)); });
  }
  accept();
}

void listener::pause() {
  front_.probe.accept_paused();
  if (pause_ == milliseconds{}) front_.out.write(log_level::error, "listener.out_of_descriptors");
  pause_ = std::clamp(pause_ * 2, pause_min, pause_max);
  pause_timer_.expires_after(pause_);
  pause_timer_.async_wait([this](boost::system::error_code failed) {
    if (!failed) accept();
  });
}

void listener::welcome(front_thread& thread, tcp_socket socket) {
  boost::system::error_code failed;
  const auto peer = socket.remote_endpoint(failed);
  if (failed) return;  // gone already
  socket.non_blocking(true, failed);
  socket.set_option(boost::asio::ip::tcp::no_delay(true), failed);
  // What the kernel holds unsent cannot be dropped by us: keep it small, so that a backlog stays in the outbox.
  socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>(32 * 1024), failed);
  auto& front = thread.front();
  admission::place_ptr place;
  const bool is_refused =
      !front.addresses.is_unlimited() && !(place = front.addresses.enter(peer.address().to_string()));
  auto connection = std::make_shared<http_connection>(thread, std::move(socket), std::move(place));
  thread.enlist(connection);
  if (!is_refused) return connection->start();
  front.probe.connection_refused();
  auto busy = problem(refusal{refusal_code::unavailable, "too many connections of this address", {}});
  busy.headers.emplace_back("Retry-After", "5");
  connection->refuse(std::move(busy));
}

void listener::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_timer_.cancel();
}

}  // namespace parley::net
