#include "net/peer/peer_mesh.hpp"

#include "net/peer/peer_connection.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

namespace parley::net {
namespace {

namespace ip = boost::asio::ip;

constexpr milliseconds pause_min{50};
constexpr milliseconds pause_max{2'000};

bool is_out_of_room(boost::system::error_code failed) {
  return failed == boost::asio::error::no_descriptors || failed == boost::system::errc::too_many_files_open_in_system ||
         failed == boost::asio::error::no_buffer_space || failed == boost::asio::error::no_memory;
}

}  // namespace

peer_mesh::peer_mesh(boost::asio::io_context& io, peer_options options, log& out, peer_probe& probe)
    : shared_(std::make_shared<peer_context>(io, std::move(options), out, probe)),
      acceptor_(io),
      sweep_timer_(io),
      pause_timer_(io) {}

peer_mesh::~peer_mesh() { stop(); }

std::string peer_mesh::listen() {
  const auto& options = shared_->options;
  if (options.is_secure()) {
    auto loaded = load_peer_tls(options);
    if (loaded.has_error()) return loaded.error().detail;
    shared_->tls = *loaded;
  }
  if (auto why = open_port(); !why.empty()) return why;
  boost::asio::post(shared_->io, [this] { sweep(); });
  return {};
}

std::string peer_mesh::open_port() {
  const auto& options = shared_->options;
  boost::system::error_code failed;
  const auto address = ip::make_address(options.address, failed);
  if (failed) return "`" + options.address + "` is no IP address";
  if (!shared_->tls && !address.is_loopback())
    return "links between nodes need certificates to listen on " + options.address +
           ": without them they stay on the loopback interface";
  const ip::tcp::endpoint endpoint(address, options.port);
  const auto say = [&] {
    return "cannot listen on " + options.address + ':' + std::to_string(options.port) + ": " + failed.message();
  };
  acceptor_.open(endpoint.protocol(), failed);
  if (failed) return say();
  acceptor_.set_option(ip::tcp::acceptor::reuse_address(true), failed);
  acceptor_.bind(endpoint, failed);
  if (failed) return say();
  acceptor_.listen(boost::asio::socket_base::max_listen_connections, failed);
  if (failed) return say();
  port_ = acceptor_.local_endpoint(failed).port();
  return {};
}

void peer_mesh::serve(peer_door* door) {
  {
    const std::lock_guard lock(shared_->door_mutex);
    shared_->door = door;
  }
  if (door == nullptr) return;
  boost::asio::post(shared_->io, [this] {
    if (!std::exchange(is_accepting_, true)) accept();
  });
}

std::shared_ptr<peer_link> peer_mesh::dial(peer_place where, std::shared_ptr<peer_link_sink> sink) {
  auto made = std::make_shared<peer_connection>(shared_, std::move(where), std::move(sink));
  boost::asio::post(shared_->io, [made, shared = shared_] {
    // Certificates that are not loaded must never mean a plain link.
    if (shared->is_stopped || (shared->options.is_secure() && !shared->tls)) return made->stop();
    made->start();
  });
  return made;
}

void peer_mesh::accept() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(shared_->io.get_executor(), [this](boost::system::error_code failed, tcp_socket socket) {
    accepted(failed, std::move(socket));
  });
}

void peer_mesh::accepted(boost::system::error_code failed, tcp_socket socket) {
  if (failed == boost::asio::error::operation_aborted) return;
  if (is_out_of_room(failed)) return pause();
  pause_ = {};
  if (!failed && is_crowded())
    shared_->probe.refused(peer_end::crowded);  // and the socket ends here
  else if (!failed)
    std::make_shared<peer_connection>(shared_, std::move(socket))->start();
  accept();
}

bool peer_mesh::is_crowded() const {
  std::size_t strangers = 0, others = 0;
  for (const auto& one : shared_->all) {
    if (one->is_dialled()) continue;
    ++others;
    if (one->is_stranger()) ++strangers;
  }
  return strangers >= shared_->options.strangers_max || others >= shared_->options.links_max;
}

void peer_mesh::pause() {
  if (pause_ == milliseconds{}) shared_->out.write(log_level::error, "peer.out_of_descriptors");
  pause_ = std::clamp(pause_ * 2, pause_min, pause_max);
  pause_timer_.expires_after(pause_);
  pause_timer_.async_wait([this](boost::system::error_code failed) {
    if (!failed) accept();
  });
}

void peer_mesh::sweep() {
  if (shared_->is_stopped) return;
  const auto now = peer_connection::clock::now();
  const std::vector<std::shared_ptr<peer_connection>> all(shared_->all.begin(), shared_->all.end());
  for (const auto& one : all) one->sweep(now);
  sweep_timer_.expires_after(shared_->options.patience.sweep);
  sweep_timer_.async_wait([this](boost::system::error_code failed) {
    if (!failed) sweep();
  });
}

void peer_mesh::end_all() {
  shared_->is_stopped = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  sweep_timer_.cancel();
  pause_timer_.cancel();
  const std::vector<std::shared_ptr<peer_connection>> all(shared_->all.begin(), shared_->all.end());
  for (const auto& one : all) one->stop();
}

void peer_mesh::stop() {
  serve(nullptr);
  if (shared_->io.stopped()) return end_all();
  // Twice round: what the first round cancelled, handlers that hold this mesh among it, has run before the second.
  for (int round = 0; round < 2; ++round) {
    std::promise<void> done;
    boost::asio::post(shared_->io, [this, &done] {
      end_all();
      done.set_value();
    });
    done.get_future().wait();
  }
}

}  // namespace parley::net
