#pragma once

#include "tests/core/given.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace parley::testing {

/// One room's log in one shard as the primary has it, and everything that was ever committed there. It can do what
/// storage may do: grow, change its owner, lose its prefix to retention, and lose its tail in an asynchronous failover.
class model_log {
public:
  explicit model_log(room_ref room) : room_(std::move(room)) {}

  const room_ref& room() const { return room_; }

  /// @returns the new events
  event_list commit(std::size_t count) {
    event_list fresh;
    for (std::size_t i = 0; i < count; ++i) {
      auto e = event_at(term_, events_.size() + 1, std::to_string(++made_));
      ever_.emplace(std::pair{term_, e->seq.value}, e);
      events_.push_back(e);
      fresh.push_back(std::move(e));
    }
    ++n_;
    return fresh;
  }
  void change_owner() { ++term_; }
  /// The newest events are gone; the next owner must take a new term before anything is committed.
  void lose_tail(std::size_t count) {
    const auto most = events_.size() - floor_.seq.value;
    events_.resize(events_.size() - std::min<std::size_t>(count, most));
    n_ = n_ > 0 ? n_ - 1 : 0;
    ++lost_tails_;
  }
  void trim(seq to) {
    if (to.value <= floor_.seq.value || to.value > events_.size()) return;
    floor_ = events_[to.value - 1]->at_position();
    ++n_;
  }

  room_head head() const { return {events_.empty() ? position{} : events_.back()->at_position(), floor_}; }
  shard_mark mark() const { return mark_of(term_, n_); }
  std::uint64_t lost_tails() const { return lost_tails_; }
  position floor() const { return floor_; }

  range_page range(seq after, std::size_t limit) const {
    range_page page;
    const auto first = std::max(after.value, floor_.seq.value);
    for (auto s = first + 1; s <= events_.size() && page.events.size() < limit; ++s)
      page.events.push_back(events_[s - 1]);
    if (after.value != 0 && after.value >= floor_.seq.value && after.value <= events_.size()) {
      page.anchor = events_[after.value - 1]->term;
    }
    page.head = head();
    page.mark = mark();
    return page;
  }
  history_page newest(std::size_t limit) const {
    history_page page;
    const auto kept = events_.size() - floor_.seq.value;
    const auto count = std::min<std::size_t>(limit, kept);
    page.events.assign(events_.end() - static_cast<std::ptrdiff_t>(count), events_.end());
    page.head = head();
    page.mark = mark();
    page.has_older = count < kept;
    return page;
  }

  /// Is the event at this position what the log says now?
  bool holds(position p) const {
    return p.seq.value == 0 || (p.seq.value <= events_.size() && events_[p.seq.value - 1]->term == p.term);
  }
  /// What was ever committed there.
  event_ptr ever(position p) const {
    auto found = ever_.find({p.term.value, p.seq.value});
    return found == ever_.end() ? nullptr : found->second;
  }
  position position_of(seq s) const { return s.value == 0 ? position{} : events_.at(s.value - 1)->at_position(); }

private:
  room_ref room_;
  event_list events_;
  position floor_;
  std::uint64_t term_ = 1;
  std::uint64_t n_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t lost_tails_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, event_ptr> ever_;
};

}  // namespace parley::testing
