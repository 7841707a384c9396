#include "tests/simulation/host.hpp"

#include <algorithm>

namespace parley::simulation {
namespace {

constexpr milliseconds look_again{50};  // a retransmission's timer

}  // namespace

void host::run(task what) {
  if (!is_alive_) return;
  if (is_paused_) {
    waiting_.push_back(std::move(what));
  } else {
    what();
  }
}

void host::after(nanoseconds delay, task what) {
  time_.after(delay, [self = weak_from_this(), what = std::move(what)] {
    if (auto alive = self.lock()) alive->run(what);
  });
}

void host::go_on() {
  is_paused_ = false;
  auto waiting = std::exchange(waiting_, {});
  for (auto& what : waiting) run(std::move(what));
}

void host::die() {
  is_alive_ = false;
  waiting_.clear();
}

instant host::boot_now() const {
  const auto true_time = time_.now().time_since_epoch();
  return instant{true_time + true_time * drift_ppm_ / 1'000'000};
}

unix_time host::unix_now() const {
  constexpr milliseconds epoch{1'764'000'000'000};
  return unix_time{epoch + step_ + std::chrono::duration_cast<milliseconds>(time_.now().time_since_epoch())};
}

// ---- wire ------------------------------------------------------------------------------------------------------

void wire::send(int from, task deliver) {
  if (is_open_[from] && !is_cut_) push(from, {std::move(deliver), false});
}

void wire::push(int from, waiting what) {
  under_way_[from].push_back(std::move(what));
  // In order: nothing arrives before what was sent before it.
  last_arrival_[from] = std::max(last_arrival_[from], time_.now() + net_.delay());
  time_.after(last_arrival_[from] - time_.now(), [self = shared_from_this(), from] { self->arrive(from); });
}

void wire::arrive(int from) {
  const int to = 1 - from;
  if (under_way_[from].empty()) return;  // lost by a cut
  if (!net_.is_open(ends_[from]->where(), ends_[to]->where())) {
    time_.after(look_again, [self = shared_from_this(), from] { self->arrive(from); });
    return;
  }
  auto next = std::move(under_way_[from].front());
  under_way_[from].pop_front();
  if (!is_open_[to]) return;
  if (next.is_close) {
    tell_lost(to);
  } else {
    ends_[to]->run(std::move(next.deliver));
  }
}

void wire::close(int end) {
  if (!is_open_[end]) return;
  is_open_[end] = false;
  lost_[end] = nullptr;
  push(end, {nullptr, true});
}

void wire::cut() {
  is_cut_ = true;
  for (const int end : {0, 1}) {
    under_way_[end].clear();
    if (!is_open_[end]) continue;
    time_.after(net_.delay(), [self = shared_from_this(), end] { self->tell_lost(end); });
  }
}

void wire::lose_near() {
  under_way_[0].clear();
  time_.after(net_.delay(), [self = shared_from_this()] { self->tell_lost(0); });
}

void wire::tell_lost(int end) {
  if (!is_open_[end]) return;
  is_open_[end] = false;
  under_way_[end].clear();
  if (auto lost = std::exchange(lost_[end], nullptr)) ends_[end]->run(std::move(lost));
}

}  // namespace parley::simulation
