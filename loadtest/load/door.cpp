#include "loadtest/load/door.hpp"

#include "loadtest/load/clock.hpp"

#include <algorithm>
#include <memory>

namespace parley::load {

void door::open(client& one) {
  waiting_.push_back(&one);
  admit();
}

void door::open_later(client& one) {
  const auto wait = std::chrono::milliseconds(100) * std::min(20u, 1u + losses_in_a_row_ / 8);
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, wait);
  timer->async_wait([this, timer, &one](boost::system::error_code failed) {
    if (!failed) open(one);
  });
}

void door::passed(client& one, bool is_greeted) {
  passed_ever_ += is_greeted ? 1 : 0;
  losses_in_a_row_ = is_greeted ? 0 : losses_in_a_row_ + 1;
  under_way_.erase(&one);
  admit();
}

void door::admit() {
  while (!is_shut_ && !is_pacing_ && !waiting_.empty() && under_way_.size() < under_way_max_) {
    const auto now = now_ns();
    if (pace_ns_ > 0 && now < next_ns_) {
      is_pacing_ = true;
      pace_timer_.expires_at(moment_of(next_ns_));
      pace_timer_.async_wait([this](boost::system::error_code failed) {
        is_pacing_ = false;
        if (!failed) admit();
      });
      return;
    }
    next_ns_ = (next_ns_ == 0 ? now : next_ns_) + pace_ns_;
    auto* one = waiting_.front();
    waiting_.pop_front();
    under_way_.insert(one);
    one->open();
  }
}

}  // namespace parley::load
