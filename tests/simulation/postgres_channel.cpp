#include "tests/simulation/postgres_channel.hpp"

#include <algorithm>

namespace parley::simulation {
namespace {

// The defaults of postgres_options.
constexpr milliseconds connect_timeout{3000};
constexpr milliseconds answer_timeout{6000};  // statement_timeout and 1 s
constexpr milliseconds retry_delay_min{50}, retry_delay_max{2000};

}  // namespace

void postgres_channel::connect() {
  const auto life = ++life_;
  wire_ = std::make_shared<wire>(time_, net_, node_, database_.machine_ptr());
  wire_->on_lost_near([this, self = weak_from_this(), life] {
    if (auto alive = self.lock(); alive && life == life_) lost();
  });
  node_->after(connect_timeout, [this, self = weak_from_this(), life] {
    if (auto alive = self.lock(); alive && life == life_ && !is_ready_) attempt_failed();
  });
  wire_->to_far([this, self = shared_from_this(), life, w = wire_] {
    if (!database_.is_up()) return w->cut();
    auto at = database_.open();
    w->on_lost_far([&database = database_, at] { database.hung_up(at); });
    w->to_near([this, self, life, at, seen = database_.identity()] {
      if (life != life_) return;
      if (seen.timeline < newest_->timeline) return attempt_failed();
      history_ = *newest_ = seen;
      backend_ = at;
      connected();
    });
  });
}

void postgres_channel::connected() {
  is_ready_ = true;
  failures_ = 0;
  send_waiting();
}

void postgres_channel::attempt_failed() {
  ++life_;
  if (wire_) wire_->close_near();
  rest(std::min(retry_delay_max, retry_delay_min * (1 << std::min(failures_++, 10u))));
  auto left = std::exchange(waiting_, {});
  for (auto& q : left) {
    if (q.is_patient) {
      waiting_.push_back(std::move(q));
    } else {
      q.fail(errc::unavailable, "no connection");
    }
  }
}

/// What waits goes on waiting: the next attempt may work.
void postgres_channel::lost() {
  if (!is_ready_) return attempt_failed();
  ++life_;
  is_ready_ = is_watching_ = false;
  auto unanswered = std::exchange(sent_, {});
  rest(retry_delay_min);
  for (auto& [number, q] : unanswered) q.fail(q.lost, "the link broke");
}

/// Full jitter.
void postgres_channel::rest(milliseconds most) {
  node_->after(time_.up_to(most), [this, self = weak_from_this(), life = life_] {
    if (auto alive = self.lock(); alive && life == life_) connect();
  });
}

void postgres_channel::cut() {
  if (wire_) wire_->cut();
}

void postgres_channel::lose_near() { wire_->lose_near(); }

void postgres_channel::submit(question q) {
  if (is_ready_ && waiting_.empty() && sent_.size() < most_.in_flight) return send(std::move(q));
  if (failures_ > 0 && !q.is_patient) return q.fail(errc::unavailable, "out of reach");
  if (waiting_.size() >= most_.waiting) return q.fail(errc::unavailable, "too many wait");
  waiting_.push_back(std::move(q));
}

void postgres_channel::send_waiting() {
  while (is_ready_ && !waiting_.empty() && sent_.size() < most_.in_flight) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    send(std::move(next));
  }
}

void postgres_channel::send(question q) {
  if (sent_.empty()) front_since_ = node_->boot_now();
  const auto number = ++last_;
  auto send = q.send;
  sent_.emplace(number, std::move(q));
  send(number);
  watch();
}

void postgres_channel::answered() {
  front_since_ = node_->boot_now();
  send_waiting();
}

void postgres_channel::watch() {
  if (is_watching_ || sent_.empty()) return;
  is_watching_ = true;
  const auto left = front_since_ + answer_timeout - node_->boot_now();
  node_->after(std::max<nanoseconds>(left, milliseconds{1}), [this, self = weak_from_this(), life = life_] {
    auto alive = self.lock();
    if (!alive || life != life_) return;
    is_watching_ = false;
    if (sent_.empty() || node_->boot_now() - front_since_ < answer_timeout) return watch();
    wire_->close_near();
    lost();
  });
}

}  // namespace parley::simulation
