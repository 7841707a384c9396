#pragma once

#include "actors/core/result.hpp"
#include "actors/ports/live_front.hpp"
#include "net/front_context.hpp"
#include "net/front_thread.hpp"
#include "net/listener.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace parley::net {

/// The WebSocket and HTTP front of a node: one listener, some Asio threads, their live tables. Start and drain in the
/// order listen, serve, drain, stop; each once.
class front final : public live_front {
public:
  front(front_options options, reception& desk, front_hooks hooks, log& out, front_probe& probe);
  ~front() override;

  /// Opens the port; nothing is answered yet. @returns `unavailable` and why: the port is in use, the address not ours
  result<void> listen();
  /// Starts the threads and answers.
  void serve();
  /// The one that was opened, where the options said 0.
  std::uint16_t port() const { return listener_.port(); }
  std::size_t threads() const { return threads_.size(); }
  live_front& live() { return *this; }

  /// Stops accepting, says `reconnect` to every session, answers what was asked, flushes, closes with 1001.
  /// @param drained runs once, on any thread: when nobody is left, or at the deadline
  void drain(push::reconnect farewell, milliseconds deadline, std::function<void()> drained);
  /// Ends everything at once. Not from a thread of the front.
  void stop();

  // live_front, from any thread
  void open(thread_index thread, room_ref room, position at) override;
  void deliver(std::span<const thread_index> threads, room_ref room, position before, event_list events) override;
  void say_head(std::span<const thread_index> threads, room_ref room, position at) override;
  void reset(std::span<const thread_index> threads, room_ref room, position at) override;
  void close(thread_index thread, room_ref room) override;

private:
  front_thread& at(thread_index index) { return *threads_[index.value]; }

  front_context context_;
  front_threads threads_;
  listener listener_;
  std::unique_ptr<boost::asio::steady_timer> drain_timer_;
  bool is_serving_ = false;
};

}  // namespace parley::net
