#include "net/front_thread.hpp"

#include "net/asio_loop.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>

#include <string>
#include <utility>

namespace parley::net {

front_thread::front_thread(thread_index index, front_context& front)
    : index_(index), front_(front), work_(io_.get_executor()), sweep_timer_(io_), table_(front.options.ring) {}

front_thread::~front_thread() { stop(); }

void front_thread::start() {
  sweep_later();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("front-" + std::to_string(index_.value)).c_str());
    asio_loop(io_).run();
  });
}

void front_thread::stop() {
  if (!thread_.joinable()) return;
  post([this] {
    is_stopping_ = true;
    for (const auto& member : everyone()) member->abort();
    sweep_timer_.cancel();
    work_.reset();  // every socket is closed: the loop ends when the last handler has heard of it
  });
  thread_.join();
  std::vector<std::function<void()>> too_late;  // each may hold a session: released outside the lock
  const std::lock_guard lock(inbox_mutex_);
  is_closed_ = true;
  too_late.swap(inbox_);
}

void front_thread::post(std::function<void()> task) { add(std::move(task), true); }

void front_thread::post_later(std::function<void()> task) { add(std::move(task), false); }

void front_thread::add(std::function<void()> task, bool wakes) {
  {
    const std::lock_guard lock(inbox_mutex_);
    if (is_closed_) return;
    inbox_.push_back(std::move(task));
    // One wake-up for all that comes until the thread looks.
    if (!wakes || std::exchange(is_woken_, true)) return;
  }
  boost::asio::post(io_, [this] { take_in(); });
}

void front_thread::take_in() {
  {
    const std::lock_guard lock(inbox_mutex_);
    taken_in_.swap(inbox_);
    is_woken_ = false;
  }
  is_in_burst_ = true;
  for (auto& task : taken_in_) task();
  taken_in_.clear();
  is_in_burst_ = false;
  flush_touched();
}

void front_thread::touch(thread_member& member) {
  if (member.is_touched_) return;
  member.is_touched_ = true;
  touched_.push_back(member.shared_from_this());
  if (!is_in_burst_ && touched_.size() == 1) boost::asio::post(io_, [this] { flush_touched(); });
}

void front_thread::flush_touched() {
  // A flush may touch others: they are flushed by this loop too.
  is_in_burst_ = true;
  for (std::size_t n = 0; n < touched_.size(); ++n) {
    const auto member = std::move(touched_[n]);
    member->is_touched_ = false;
    member->flush();
  }
  touched_.clear();
  is_in_burst_ = false;
}

void front_thread::enlist(std::shared_ptr<thread_member> member) {
  member->place_ = members_.size();
  member->is_listed_ = true;
  members_.push_back(std::move(member));
  if (is_stopping_)
    members_.back()->abort();
  else if (is_draining_)
    members_.back()->drain(farewell_);
}

void front_thread::delist(thread_member& member) {
  if (!member.is_listed_) return;
  member.is_listed_ = false;
  const auto kept = std::move(members_[member.place_]);  // to the end of this function
  if (member.place_ + 1 != members_.size()) {
    members_[member.place_] = std::move(members_.back());
    members_[member.place_]->place_ = member.place_;
  }
  members_.pop_back();
  say_if_drained();
}

void front_thread::drain(const push::reconnect& farewell, std::function<void()> drained) {
  is_draining_ = true;
  farewell_ = farewell;
  drained_ = std::move(drained);
  for (const auto& member : everyone()) member->drain(farewell);
  say_if_drained();
}

void front_thread::say_if_drained() {
  if (is_draining_ && members_.empty() && drained_) std::exchange(drained_, {})();
}

void front_thread::sweep_later() {
  sweep_timer_.expires_after(front_.options.patience.sweep);
  sweep_timer_.async_wait([this](boost::system::error_code failed) {
    if (failed || is_stopping_) return;
    sweep();
    sweep_later();
  });
}

void front_thread::sweep() {
  take_in();
  recent_.sweep();
  const net_time now = net_clock::now();
  // Backwards: one that ends is replaced by the last, which was looked at already.
  for (std::size_t n = members_.size(); n-- > 0;) {
    if (n >= members_.size()) continue;
    const auto member = members_[n];
    member->sweep(now);
  }
}

}  // namespace parley::net
