#pragma once

#include "actors/core/live_table.hpp"
#include "net/front_context.hpp"
#include "net/live_frame.hpp"
#include "net/recent_batches.hpp"
#include "net/thread_member.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace parley::net {

class session;

/// One Asio thread of the front: its connections, its live table, one timer for all their deadlines, and an inbox
/// through which the actors reach it. What a burst of the inbox touches is flushed once, at its end: all that waits for
/// a session goes out in one write. Sessions keep their thread alive: an actor may hold one longer than the front
/// lives, and its socket needs the thread's loop to the end.
class front_thread : public std::enable_shared_from_this<front_thread> {
public:
  using executor = boost::asio::io_context::executor_type;
  using table_type = live_table<session*, live_frame_ptr>;

  front_thread(thread_index index, front_context& front);
  ~front_thread();

  thread_index index() const { return index_; }
  front_context& front() { return front_; }
  executor get_executor() { return io_.get_executor(); }
  boost::asio::io_context& io() { return io_; }
  table_type& table() { return table_; }
  recent_batches& recent() { return recent_; }

  void start();
  /// Thread-safe. Tasks of one caller run in their order; after the thread's end they are dropped.
  void post(std::function<void()> task);
  /// The same, but no reason to wake the thread: it is done before the next task, or at the next sweep.
  void post_later(std::function<void()> task);
  /// Ends every member, then the loop. From outside, once.
  void stop();

  /// On this thread from here on.
  void enlist(std::shared_ptr<thread_member> member);
  void delist(thread_member& member);
  /// Has it flushed when the present burst ends.
  void touch(thread_member& member);
  /// @param drained runs on this thread when no member is left
  void drain(const push::reconnect& farewell, std::function<void()> drained);
  bool is_draining() const { return is_draining_; }

private:
  void add(std::function<void()> task, bool wakes);
  void take_in();
  void flush_touched();
  void sweep_later();
  void sweep();
  std::vector<std::shared_ptr<thread_member>> everyone() const { return members_; }
  void say_if_drained();

  const thread_index index_;
  front_context& front_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<executor> work_;
  boost::asio::steady_timer sweep_timer_;
  table_type table_;
  recent_batches recent_;
  std::vector<std::shared_ptr<thread_member>> members_;
  std::vector<std::shared_ptr<thread_member>> touched_;
  bool is_in_burst_ = false;
  bool is_draining_ = false;
  bool is_stopping_ = false;
  push::reconnect farewell_;
  std::function<void()> drained_;

  std::mutex inbox_mutex_;
  std::vector<std::function<void()>> inbox_;
  bool is_woken_ = false;                        ///< `take_in` is about to run
  bool is_closed_ = false;                       ///< of the inbox
  std::vector<std::function<void()>> taken_in_;  ///< the other buffer of the two
  std::thread thread_;
};

}  // namespace parley::net
