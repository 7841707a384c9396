#pragma once

#include "actors/core/time.hpp"
#include "actors/ports/event_log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>

namespace parley {

/// An event log whose pages (`range`, `history`) can be told to wait before the store is asked: a development node's
/// fault. Everything else passes at once. Thread-safe, never blocks.
class delayed_event_log final : public event_log {
public:
  /// @param inner  outlives it
  /// @param io     runs the waits, on one thread; outlives it
  /// @param waiting_max  pages that may wait; one more is answered `unavailable` (G9)
  delayed_event_log(event_log& inner, boost::asio::io_context& io, std::size_t waiting_max = 10'000);

  /// Of the pages that are asked for from now on; those that wait keep their moment. 0: they do not wait.
  void set_delay(milliseconds delay) { delay_ms_ = delay.count(); }
  milliseconds delay() const { return milliseconds{delay_ms_.load()}; }
  /// What waits is answered `unavailable`, and so is what would have to wait after it, while `io` runs. Idempotent.
  void stop();

  void append(append_batch batch, completion<append_outcome> done) override;
  void recover(recover_request request, completion<recovered> done) override;
  void range(range_query query, completion<range_page> done) override;
  void history(history_query query, completion<history_page> done) override;
  void heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) override;
  void marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) override;
  void trim(std::string owner, shard_fence fence, room_ref room, position floor,
            completion<shard_verdict> done) override;

private:
  using timer_ptr = std::shared_ptr<boost::asio::steady_timer>;

  template <class Query, class Page>
  void ask_later(Query query, completion<Page> done, void (event_log::*ask)(Query, completion<Page>));
  void wait(timer_ptr timer, std::function<void(bool is_time)> go);

  event_log& inner_;
  boost::asio::io_context& io_;
  const std::size_t waiting_max_;
  std::atomic<milliseconds::rep> delay_ms_{0};
  std::atomic<std::size_t> waiting_{0};
  std::set<timer_ptr> timers_;  // these two: the thread's of `io_`
  bool is_stopped_ = false;
};

}  // namespace parley
