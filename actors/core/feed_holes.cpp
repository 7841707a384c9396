#include "actors/core/contiguous.hpp"
#include "actors/core/feed.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

constexpr std::uint32_t fill_events_max = 1000;

}  // namespace

void feed::fill_hole(effects& out, instant now) {
  if (fill_asked_ || now < retry_at_) return;
  const bool is_due = hole_since_ && (now - *hole_since_ >= options_.hole_grace || link_ == link::polling);
  if (!is_due && !anchor_doubt_.is_open()) return;
  fill_asked_ = next_question();
  fill_after_ = window_.last();
  anchor_doubt_.ask();
  out.push_back(ask_range{*fill_asked_, window_.last().seq, fill_events_max});
}

feed::effects feed::range_answered(question q, result<range_page> page, instant now) {
  effects out;
  if (fill_asked_ == q) {
    fill_asked_.reset();
    if (page.has_error()) {
      retry_at_ = now + options_.retry_delay;
    } else {
      filled(out, q, std::move(*page), now);
    }
    proceed(out, now);
    return out;
  }
  auto found = std::ranges::find_if(ranges_, [&](const auto& entry) { return entry.second.asked == q; });
  if (found == ranges_.end()) return out;
  auto& [key, range] = *found;
  range.asked.reset();
  if (page.has_error()) {
    std::ranges::move(range.served, std::back_inserter(range.next));
    range.served.clear();
    range.retry_at = now + options_.retry_delay;
    return out;
  }
  for (const auto& f : std::exchange(range.served, {})) out.push_back(fetched{f.ticket, *page});
  if (range.next.empty()) {
    ranges_.erase(found);
  } else {
    send_range(out, key, range);
  }
  // A reader goes live where the feed is, not ahead of it: what storage showed to one is the feed's to have too.
  if (is_loaded_ && page->head.head.seq > window_.last().seq) {
    note_head(page->head, now);
    proceed(out, now);
  }
  return out;
}

/// Does the page continue what we hold? While it was read, live events may have come and retention may have gone on.
bool feed::continues(const range_page& page) const {
  const auto last = window_.last();
  const auto floor = page.head.floor;
  if (floor.seq > last.seq) return false;
  if (floor.seq > fill_after_.seq) {
    if (window_.term_at(floor.seq).value_or(floor.term) != floor.term) return false;
  } else if (fill_after_.seq.value != 0 && page.anchor != fill_after_.term) {
    return false;
  }
  return std::ranges::all_of(page.events, [&](const auto& e) {
    const auto held = window_.term_at(e->seq);
    return !held || e->seq <= floor.seq || *held == e->term;
  });
}

void feed::filled(effects& out, question q, range_page page, instant now) {
  if (!continues(page)) {
    restart_at(out, now);  // a tail was lost, or retention overtook us: readers find out by their own reads
    return;
  }
  anchor_doubt_.settle();
  raise_floor(page.head.floor);
  const auto from = std::max(fill_after_.seq, page.head.floor.seq);
  if (!is_contiguous(page.events, from) || (page.events.empty() && page.head.head.seq > from)) {
    out.push_back(broken{window_.last(), page.head});
    retry_at_ = now + options_.answer_deadline;
    return;
  }
  // What came live while the page was read is in both.
  std::erase_if(page.events, [&](const auto& e) { return e->seq <= window_.last().seq; });
  out.push_back(hole_filled{page.events.size()});
  append_run(out, std::move(page.events));
  const auto last = window_.last().seq;
  const bool is_whole = last >= page.head.head.seq;
  if (page.head.head.seq > target_.head.seq) {
    raise_target(page.head);
  } else if (is_whole && target_heard_ < q.value && target_.head.seq > last) {
    // A head that was heard of before this read and that the primary does not have is a rumour: a tail was lost.
    target_.head = window_.last();
  }
  std::erase_if(ahead_, [&](const auto& entry) {
    const auto& [envelope, heard] = entry.second;
    return envelope.events.back()->seq <= last || (is_whole && heard < q.value);
  });
  hole_since_.reset();
  if (target_.head.seq > last || !ahead_.empty()) hole_since_ = now;
}

void feed::restart_at(effects& out, instant now) {
  is_loaded_ = false;
  anchor_doubt_.raise();  // load even without a waiting join: live rows depend on it
  hole_since_.reset();
  ahead_.clear();
  for (auto& a : attaches_) a.needs.reset();
  out.push_back(reset_threads{window_.last()});
  proceed(out, now);
}

}  // namespace parley
