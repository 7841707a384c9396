#include "loadtest/load/readers.hpp"

#include "loadtest/load/clock.hpp"

#include <algorithm>

namespace parley::load {
namespace {

/// A stalled reader's socket holds little, so that the node soon has the rest.
constexpr int stalled_receive_bytes = 4096;

}  // namespace

readers::readers(stage& shared, door& entrance)
    : stage_(shared),
      entrance_(entrance),
      drop_timer_(shared.io),
      stall_timer_(shared.io),
      chance_(static_cast<std::uint64_t>(shared.values.seed) * 3 + 1) {
  const auto& p = stage_.values;
  const auto count = static_cast<std::size_t>(p.readers), stalled = static_cast<std::size_t>(p.stalled);
  const auto each = std::min(static_cast<std::size_t>(p.rooms_each), stage_.rooms.size());
  for (std::size_t n = 0; n < count; ++n) {
    auto& one = *all_.emplace_back(std::make_unique<client>(stage_, *this, "reader-" + std::to_string(n)));
    one.is_reader = true;
    one.number = static_cast<std::uint32_t>(n);
    one.is_stalling = n + stalled >= count;
    if (one.is_stalling) one.limit_receive_buffer(stalled_receive_bytes);
    for (std::size_t i = 0; i < each; ++i) one.add_stream((n * each + i) % stage_.rooms.size());
  }
  streams_ = count * each;
  live_of_.resize(count);
  stands_still_.resize(count);
}

void readers::open() {
  for (auto& one : all_) entrance_.open(*one);
}

void readers::live(client& one, stream& s, bool is_first) {
  (void)s;
  if (!is_first) return;
  ++streams_live_;
  ++live_of_[one.number];
  // One that comes back while the others stall stalls again.
  if (stands_still_[one.number] && live_of_[one.number] == one.streams().size()) one.pause();
}

void readers::join_refused(client& one, stream& s, const answer& why) {
  (void)s;
  if (first_loss_.empty()) first_loss_ = one.name() + " may not join: " + std::string(why.name);
  // It comes back with all its streams, as a client would that was refused for now.
  forget_live(one);
  one.drop();
  entrance_.passed(one, false);
  entrance_.open_later(one);
}

void readers::lost(client& one, const std::string& why, unsigned close_code) {
  if (first_loss_.empty()) first_loss_ = one.name() + ": " + why;
  stage_.measured.failed(close_code != 0 ? "closed_" + std::to_string(close_code) : "connection_lost");
  forget_live(one);
  for (auto& s : one.streams()) s.asked_ns = now_ns();
  entrance_.passed(one, false);
  entrance_.open_later(one);
}

void readers::forget_live(client& one) {
  streams_live_ -= live_of_[one.number];
  live_of_[one.number] = 0;
}

void readers::begin_stalls() {
  is_in_trouble_ = true;
  if (stage_.values.stalled == 0) return;
  set_stalled(true);
  if (stage_.values.stall_s > 0) await_stall();
}

void readers::begin_drops() {
  if (stage_.values.drop_every_s == 0) return;
  next_drop_ns_ = now_ns();
  await_drop();
}

void readers::end_trouble() {
  is_in_trouble_ = false;
  drop_timer_.cancel();
  stall_timer_.cancel();
  set_stalled(false);
}

void readers::await_drop() {
  next_drop_ns_ += ns_of(stage_.values.drop_every_s);
  drop_timer_.expires_at(moment_of(next_drop_ns_));
  drop_timer_.async_wait([this](boost::system::error_code failed) {
    if (failed || !is_in_trouble_) return;
    drop_some(next_drop_ns_);
    await_drop();
  });
}

void readers::drop_some(std::int64_t due_ns) {
  std::vector<client*> chosen;
  // Who is still on his way back from the drop before is left alone.
  for (auto& one : all_)
    if (!one->is_stalling && live_of_[one->number] == one->streams().size()) chosen.push_back(one.get());
  std::ranges::shuffle(chosen, chance_);
  const auto share = stage_.values.drop_share * static_cast<double>(all_.size());
  chosen.resize(std::min(chosen.size(), std::max<std::size_t>(1, static_cast<std::size_t>(share))));
  for (auto* one : chosen) {
    one->drop();
    forget_live(*one);
    for (auto& s : one->streams()) s.asked_ns = due_ns;
  }
  for (auto* one : chosen) entrance_.open(*one);
}

void readers::await_stall() {
  stall_timer_.expires_after(std::chrono::nanoseconds(ns_of(stage_.values.stall_s)));
  stall_timer_.async_wait([this](boost::system::error_code failed) {
    if (failed || !is_in_trouble_) return;
    // Reads on for one such time, and stops again for the next.
    const bool any_still = std::ranges::find(stands_still_, true) != stands_still_.end();
    set_stalled(!any_still);
    await_stall();
  });
}

void readers::set_stalled(bool stalled) {
  for (auto& one : all_) {
    if (!one->is_stalling) continue;
    stands_still_[one->number] = stalled;
    if (!stalled)
      one->resume();
    else if (live_of_[one->number] == one->streams().size())
      one->pause();
  }
}

bool readers::have_all() const {
  return are_all_live() && std::ranges::all_of(all_, [this](const auto& one) {
           return std::ranges::all_of(one->streams(),
                                      [this](const stream& s) { return !s.check.reached(stage_.rooms.acked(s.room)); });
         });
}

std::size_t readers::judge() {
  std::size_t without_connection = 0;
  for (auto& one : all_) {
    if (!one->is_greeted()) {
      ++without_connection;
      continue;
    }
    for (auto& s : one->streams())
      if (const auto wrong = s.check.reached(stage_.rooms.acked(s.room))) stage_.violated(one->name(), s.room, wrong);
  }
  return without_connection;
}

}  // namespace parley::load
