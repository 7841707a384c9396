#include "loadtest/load/joiners.hpp"

#include "loadtest/load/clock.hpp"

#include <algorithm>
#include <utility>

namespace parley::load {
namespace {

constexpr std::size_t due_max = 100'000;
constexpr auto join_retry_after = std::chrono::milliseconds(100);

}  // namespace

joiners::joiners(stage& shared, door& entrance)
    : stage_(shared),
      entrance_(entrance),
      kind_(shared.values.join_kind == "cold"    ? kind::cold
            : shared.values.join_kind == "storm" ? kind::storm
                                                 : kind::hot),
      all_(static_cast<std::size_t>(shared.values.joiners)),
      timer_(shared.io),
      retry_timer_(shared.io) {
  for (std::size_t n = 0; n < all_.size(); ++n) {
    all_[n].session = std::make_unique<client>(stage_, *this, "joiner-" + std::to_string(n));
    all_[n].session->number = static_cast<std::uint32_t>(n);
  }
}

void joiners::open() {
  for (auto& j : all_) entrance_.open(*j.session);
}

bool joiners::are_all_greeted() const {
  return std::ranges::all_of(all_, [](const joiner& j) { return j.session->is_greeted(); });
}

bool joiners::are_all_done() const {
  return std::ranges::none_of(all_, [](const joiner& j) { return j.is_joining && j.session->is_greeted(); });
}

void joiners::run(std::int64_t ramp_ns) {
  is_running_ = true;
  if (kind_ == kind::storm) {
    next_storm_ns_ = now_ns();
    return await_storm();
  }
  if (stage_.values.join_rate > 0) {
    arrival_.emplace(stage_.values.join_rate, now_ns(), ramp_ns,
                     static_cast<std::uint64_t>(stage_.values.seed) * 3 + 1);
    return await_due();
  }
  for (auto& j : all_)
    if (j.session->is_greeted()) go_on(j);
}

void joiners::stop() {
  is_running_ = false;
  due_.clear();
  timer_.cancel();
  retry_timer_.cancel();
}

void joiners::join(joiner& j, std::int64_t due_ns) {
  auto& session = *j.session;
  j.is_joining = true;
  if (kind_ == kind::cold) {
    if (!session.streams().empty()) session.leave_first();
    session.add_stream(next_room_++ % stage_.rooms.size());
  } else if (session.streams().empty()) {
    session.add_stream(0);
  }
  session.join(session.streams().front(), due_ns);
}

/// Whoever is free takes what waits longest, or, in a closed loop, joins again.
void joiners::go_on(joiner& j) {
  if (!is_running_ || kind_ == kind::storm || j.is_joining) return;
  if (!arrival_) return join(j, now_ns());
  if (due_.empty()) return;
  const auto due = due_.front();
  due_.pop_front();
  join(j, due);
}

void joiners::go_on_soon(joiner& j) {
  to_go_on_.push_back(&j);
  if (to_go_on_.size() > 1) return;
  retry_timer_.expires_after(join_retry_after);
  retry_timer_.async_wait([this](boost::system::error_code failed) {
    const auto waiting = std::exchange(to_go_on_, {});
    if (failed) return;
    for (auto* one : waiting) go_on(*one);
  });
}

void joiners::await_due() {
  timer_.expires_at(moment_of(arrival_->next_ns()));
  timer_.async_wait([this](boost::system::error_code failed) {
    if (failed || !is_running_) return;
    for (const auto now = now_ns(); arrival_->next_ns() <= now; arrival_->advance()) {
      if (due_.size() == due_max)
        stage_.measured.failed("not_sent");
      else
        due_.push_back(arrival_->next_ns());
    }
    for (std::size_t n = 0; n < all_.size() && !due_.empty(); ++n) {
      auto& j = all_[turn_++ % all_.size()];
      if (j.session->is_greeted()) go_on(j);
    }
    await_due();
  });
}

void joiners::await_storm() {
  timer_.expires_at(moment_of(next_storm_ns_));
  timer_.async_wait([this](boost::system::error_code failed) {
    if (failed || !is_running_) return;
    for (auto& j : all_)
      if (j.session->is_greeted() && !j.is_joining) join(j, next_storm_ns_);
    next_storm_ns_ += ns_of(stage_.values.storm_every_s);
    await_storm();
  });
}

void joiners::greeted(client& one) {
  entrance_.passed(one, true);
  go_on(all_[one.number]);
}

void joiners::live(client& one, stream& s, bool is_first) {
  (void)s;
  if (!is_first) return;
  auto& j = all_[one.number];
  j.is_joining = false;
  go_on(j);
}

void joiners::join_refused(client& one, stream& s, const answer& why) {
  (void)s;
  if (first_loss_.empty()) first_loss_ = one.name() + " may not join: " + std::string(why.name);
  auto& j = all_[one.number];
  j.is_joining = false;
  go_on_soon(j);
}

void joiners::lost(client& one, const std::string& why, unsigned close_code) {
  if (first_loss_.empty()) first_loss_ = one.name() + ": " + why;
  stage_.measured.failed(close_code != 0 ? "closed_" + std::to_string(close_code) : "connection_lost");
  auto& j = all_[one.number];
  j.is_joining = false;
  one.streams().clear();  // it comes back for another join, not to resume
  entrance_.passed(one, false);
  entrance_.open_later(one);
}

}  // namespace parley::load
