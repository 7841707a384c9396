#include "net/front.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace parley::net {
namespace {

constexpr std::size_t threads_max = 16;

front_threads make_threads(front_context& context) {
  std::size_t count = context.options.threads;
  if (count == 0) count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, threads_max);
  front_threads threads;
  for (std::size_t n = 0; n < count; ++n)
    threads.push_back(std::make_shared<front_thread>(thread_index{static_cast<std::uint32_t>(n)}, context));
  return threads;
}

}  // namespace

front::front(front_options options, reception& desk, front_hooks hooks, log& out, front_probe& probe)
    : context_(std::move(options), desk, std::move(hooks), out, probe),
      threads_(make_threads(context_)),
      listener_(threads_) {}

front::~front() { stop(); }

result<void> front::listen() {
  auto failed = listener_.listen(context_.options.address, context_.options.port);
  if (!failed.empty()) return error{errc::unavailable, std::move(failed)};
  return {};
}

void front::serve() {
  is_serving_ = true;
  for (const auto& thread : threads_) thread->start();
  threads_.front()->post([this] { listener_.accept(); });
}

void front::drain(push::reconnect farewell, milliseconds deadline, std::function<void()> drained) {
  struct waiting {
    std::atomic<std::size_t> threads;
    std::atomic_flag is_told;
    std::function<void()> tell;
    void tell_once() {
      if (!is_told.test_and_set()) tell();
    }
  };
  auto all = std::make_shared<waiting>();
  all->threads = threads_.size();
  all->tell = std::move(drained);
  threads_.front()->post([this, deadline, all] {
    listener_.stop();
    drain_timer_ = std::make_unique<boost::asio::steady_timer>(threads_.front()->io(), deadline);
    drain_timer_->async_wait([all](boost::system::error_code failed) {
      if (!failed) all->tell_once();
    });
  });
  for (const auto& thread : threads_) {
    thread->post([&thread = *thread, farewell, all] {
      thread.drain(farewell, [all] {
        if (--all->threads == 0) all->tell_once();
      });
    });
  }
}

void front::stop() {
  if (!std::exchange(is_serving_, false)) return;
  threads_.front()->post([this] {
    listener_.stop();
    drain_timer_.reset();
  });
  for (const auto& thread : threads_) thread->stop();
}

}  // namespace parley::net
