#include "storage/faults/delayed_event_log.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace parley {

delayed_event_log::delayed_event_log(event_log& inner, boost::asio::io_context& io, std::size_t waiting_max)
    : inner_(inner), io_(io), waiting_max_(waiting_max) {}

void delayed_event_log::range(range_query query, completion<range_page> done) {
  ask_later(std::move(query), std::move(done), &event_log::range);
}

void delayed_event_log::history(history_query query, completion<history_page> done) {
  ask_later(std::move(query), std::move(done), &event_log::history);
}

template <class Query, class Page>
void delayed_event_log::ask_later(Query query, completion<Page> done, void (event_log::*ask)(Query, completion<Page>)) {
  const auto pause = delay();
  if (pause == milliseconds{}) return (inner_.*ask)(std::move(query), std::move(done));
  if (waiting_.fetch_add(1) >= waiting_max_) {
    --waiting_;
    boost::asio::post(io_, [done = std::move(done)] { done(error{errc::unavailable, "too many delayed pages wait"}); });
    return;
  }
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, pause);
  auto go = [this, ask, query = std::move(query), done = std::move(done)](bool is_time) {
    --waiting_;
    if (is_time) return (inner_.*ask)(query, done);
    done(error{errc::unavailable, "the node stops"});
  };
  boost::asio::post(
      io_, [this, timer = std::move(timer), go = std::move(go)]() mutable { wait(std::move(timer), std::move(go)); });
}

void delayed_event_log::wait(timer_ptr timer, std::function<void(bool)> go) {
  if (is_stopped_) return go(false);
  timers_.insert(timer);
  timer->async_wait([this, timer, go = std::move(go)](boost::system::error_code cancelled) {
    timers_.erase(timer);
    go(!cancelled && !is_stopped_);
  });
}

void delayed_event_log::stop() {
  boost::asio::post(io_, [this] {
    is_stopped_ = true;
    for (const auto& timer : timers_) timer->cancel();  // each handler takes its timer out, later
  });
}

void delayed_event_log::append(append_batch batch, completion<append_outcome> done) {
  inner_.append(std::move(batch), std::move(done));
}

void delayed_event_log::recover(recover_request request, completion<recovered> done) {
  inner_.recover(std::move(request), std::move(done));
}

void delayed_event_log::heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) {
  inner_.heads(std::move(rooms), std::move(done));
}

void delayed_event_log::marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) {
  inner_.marks(std::move(shards), std::move(done));
}

void delayed_event_log::trim(std::string owner, shard_fence fence, room_ref room, position floor,
                             completion<shard_verdict> done) {
  inner_.trim(std::move(owner), std::move(fence), std::move(room), floor, std::move(done));
}

}  // namespace parley
