#include "actors/core/feed.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

constexpr std::uint32_t fill_events_max = 1000;

bool is_contiguous(const event_list& events, seq after) {
  for (const auto& e : events) {
    after = next(after);
    if (e->seq != after) return false;
  }
  return true;
}

}  // namespace

feed::feed(room_key room, instant now, feed_options options)
    : room_(room),
      options_(options),
      window_(options.window_events, options.window_bytes),
      confirm_by_(now + options.confirm_wait) {}

// ---- subscribers -----------------------------------------------------------------------------------------------

feed::effects feed::attach(feed_ticket ticket, thread_index thread, instant now) {
  effects out;
  if (++threads_[thread] == 1 && is_loaded_) out.push_back(open_thread{thread, window_.last()});
  attaches_.push_back({ticket, ++order_, now + options_.answer_deadline, std::nullopt});
  proceed(out, now);
  return out;
}

feed::effects feed::detach(thread_index thread) {
  effects out;
  auto found = threads_.find(thread);
  if (found == threads_.end() || --found->second > 0) return out;
  threads_.erase(found);
  if (is_loaded_) out.push_back(close_thread{thread});
  return out;
}

feed::effects feed::fetch(feed_ticket ticket, seq after, std::uint32_t limit, instant now) {
  effects out;
  if (is_loaded_ && !anchor_doubt_.is_open() && window_.covers_after(after) && after <= window_.last().seq) {
    out.push_back(fetched{ticket, {window_.after(after, limit), window_.term_at(after), {window_.last(), floor_}, {}}});
    return out;
  }
  const range_key key{after, limit};
  auto& range = ranges_[key];
  range.next.push_back({ticket, now + options_.answer_deadline});
  if (!range.asked && now >= range.retry_at) send_range(out, key, range);
  return out;
}

std::vector<thread_index> feed::threads() const {
  std::vector<thread_index> open;
  open.reserve(threads_.size());
  for (const auto& [thread, rows] : threads_) open.push_back(thread);
  return open;
}

bool feed::needs_tick() const {
  return !attaches_.empty() || !ranges_.empty() || hole_since_ || head_doubt_.is_open() || anchor_doubt_.is_open() ||
         link_ == link::subscribing;
}

// ---- the live path ---------------------------------------------------------------------------------------------

feed::effects feed::subscribed(instant now) {
  effects out;
  // What was published while there was no subscription is lost for good: look before trusting the tail (C10, C11).
  if (is_loaded_ || newest_asked_) head_doubt_.raise();
  link_ = link::confirmed;
  proceed(out, now);
  return out;
}

feed::effects feed::link_lost(instant now) {
  effects out;
  link_ = link::polling;
  proceed(out, now);
  return out;
}

feed::effects feed::arrived(const room_envelope& envelope, instant now) {
  effects out;
  if (envelope.events.empty()) return out;
  if (!is_loaded_) {
    early_.push_back(envelope);
    if (early_.size() > options_.ahead_max) {  // the poll or the next envelope's hole brings it back
      early_.pop_front();
      head_doubt_.raise();
    }
    return out;
  }
  if (!accept(out, envelope) && !hole_since_) hole_since_ = now;
  proceed(out, now);
  return out;
}

feed::effects feed::head_seen(const room_head& seen, std::optional<shard_mark> mark, instant now) {
  effects out;
  if (!is_loaded_) return out;
  note_head(seen, now);
  if (mark) out.push_back(marked{*mark});
  proceed(out, now);
  return out;
}

/// @returns whether the stream now holds all of it; false: a hole lies before it, or it contradicts what we hold
bool feed::accept(effects& out, const room_envelope& envelope) {
  const auto last = window_.last();
  const auto& events = envelope.events;
  if (!is_contiguous(events, envelope.before.seq)) return true;  // malformed: as if it were lost
  if (events.back()->seq <= last.seq) {
    // A repeat, or a late one. Only a larger term can say that the log was cut and grew again.
    const auto held = window_.term_at(events.back()->seq);
    if (held && events.back()->term > *held) anchor_doubt_.raise();
    return true;
  }
  if (envelope.before.seq > last.seq) {
    if (ahead_.size() < options_.ahead_max)
      ahead_.insert_or_assign(envelope.before.seq, ahead_envelope{envelope, last_question_});
    raise_target({events.back()->at_position(), floor_});
    return false;
  }
  const auto skip = last.seq.value - envelope.before.seq.value;
  const auto joint = skip == 0 ? envelope.before : events[skip - 1]->at_position();
  if (joint != last && last.seq.value != 0) {
    anchor_doubt_.raise();
    return false;
  }
  append_run(out, {events.begin() + static_cast<std::ptrdiff_t>(skip), events.end()});
  return true;
}

void feed::append_run(effects& out, event_list run) {
  for (auto& batch : in_batches(std::move(run))) {
    const auto before = window_.last();
    for (const auto& e : batch) window_.append(e);
    snapshot_.reset();
    if (!threads_.empty()) out.push_back(deliver{before, std::move(batch)});
  }
}

void feed::accept_ahead(effects& out) {
  while (!ahead_.empty() && ahead_.begin()->first <= window_.last().seq) {
    const auto envelope = std::move(ahead_.begin()->second.envelope);
    ahead_.erase(ahead_.begin());
    accept(out, envelope);
  }
}

void feed::raise_floor(position floor) {
  if (floor.seq <= floor_.seq) return;
  floor_ = floor;
  window_.trim(floor_);
  snapshot_.reset();
}

void feed::raise_target(const room_head& seen) {
  if (seen.head.seq < target_.head.seq) return;
  target_ = seen;
  target_heard_ = last_question_;
}

void feed::note_head(const room_head& seen, instant now) {
  raise_floor(seen.floor);
  const auto last = window_.last();
  if (seen.head.seq > last.seq) {
    raise_target(seen);
    if (!hole_since_) hole_since_ = now;
  } else if (const auto held = window_.term_at(seen.head.seq);
             seen.head.seq.value != 0 && seen.head.term > (held ? *held : last.term)) {
    anchor_doubt_.raise();  // a newer owner's head at or below ours, with another term: was a tail lost?
  }
}

// ---- reads -----------------------------------------------------------------------------------------------------

void feed::proceed(effects& out, instant now) {
  if (link_ == link::subscribing) {
    if (now < confirm_by_) return;  // subscription first: an event committed in between then arrives twice, never not
    link_ = link::polling;
  }
  if (!is_loaded_) {
    if (!newest_asked_ && now >= retry_at_ && (!attaches_.empty() || anchor_doubt_.is_open())) {
      newest_asked_ = next_question();
      head_doubt_.ask();
      anchor_doubt_.ask();
      head_order_ = order_;
      out.push_back(ask_newest{*newest_asked_, static_cast<std::uint32_t>(options_.window_events)});
    }
    return;
  }
  accept_ahead(out);
  if (window_.last().seq >= target_.head.seq && ahead_.empty()) hole_since_.reset();
  fill_hole(out, now);
  ask_for_head(out, now);
  resolve(out);
}

void feed::ask_for_head(effects& out, instant now) {
  if ((head_asked_ && now < head_due_) || now < retry_at_) return;
  const bool joins_wait = std::ranges::any_of(attaches_, [](const auto& a) { return !a.needs; });
  if (!joins_wait && !head_doubt_.is_open()) return;
  head_asked_ = next_question();
  head_order_ = order_;
  head_asked_at_ = window_.last().seq;
  head_due_ = now + options_.answer_deadline / 2;
  out.push_back(ask_head{*head_asked_, head_doubt_.is_open()});
  head_doubt_.ask();
}

void feed::resolve(effects& out) {
  if (anchor_doubt_.is_open()) return;  // what we hold may not be the log
  std::erase_if(attaches_, [&](const waiting_attach& a) {
    if (!a.needs || *a.needs > window_.last().seq) return false;
    if (!snapshot_) snapshot_ = std::make_shared<event_list>(window_.after(window_.before().seq, window_.size()));
    out.push_back(attached{a.ticket, {{window_.last(), floor_}, window_.before(), snapshot_, window_.last()}});
    return true;
  });
}

void feed::fill_hole(effects& out, instant now) {
  if (fill_asked_ || now < retry_at_) return;
  const bool is_due = hole_since_ && (now - *hole_since_ >= options_.hole_grace || link_ == link::polling);
  if (!is_due && !anchor_doubt_.is_open()) return;
  fill_asked_ = next_question();
  fill_after_ = window_.last();
  anchor_doubt_.ask();
  out.push_back(ask_range{*fill_asked_, window_.last().seq, fill_events_max});
}

void feed::send_range(effects& out, const range_key& key, shared_range& range) {
  range.asked = next_question();
  range.served = std::exchange(range.next, {});
  out.push_back(ask_range{*range.asked, key.after, key.limit});
}

feed::effects feed::head_answered(question q, result<room_head> head, std::optional<shard_mark> mark, instant now) {
  effects out;
  if (head_asked_ != q) return out;
  head_asked_.reset();
  if (head.has_error()) {
    retry_at_ = now + options_.retry_delay;
    return out;
  }
  if (!is_loaded_) return out;  // asked before a restart: the page under way says it all
  if (mark) {
    head_doubt_.settle();
    out.push_back(marked{*mark});
  }
  note_head(*head, now);
  if (head->head.seq < head_asked_at_) anchor_doubt_.raise();  // the log is shorter than what we had: was a tail lost?
  for (auto& a : attaches_) {
    if (!a.needs && a.order <= head_order_) a.needs = head->head.seq;
  }
  proceed(out, now);
  return out;
}

feed::effects feed::newest_answered(question q, result<history_page> page, instant now) {
  effects out;
  if (newest_asked_ != q) return out;
  newest_asked_.reset();
  if (page.has_error() ||
      !is_contiguous(page->events, page->events.empty() ? seq{0} : previous(page->events.front()->seq))) {
    retry_at_ = now + options_.retry_delay;
    return out;
  }
  load(out, *page);
  for (auto& a : attaches_) {
    if (a.order <= head_order_) a.needs = page->head.head.seq;
  }
  for (const auto& envelope : std::exchange(early_, {})) {
    if (!accept(out, envelope) && !hole_since_) hole_since_ = now;
  }
  proceed(out, now);
  return out;
}

void feed::load(effects& out, const history_page& page) {
  floor_ = page.head.floor;
  const auto& events = page.events;
  if (events.empty()) {
    window_.restart(page.head.head);
  } else if (events.front()->seq.value == 1) {
    window_.restart({});
  } else if (previous(events.front()->seq) == floor_.seq) {
    window_.restart(floor_);
  } else {
    window_.restart(events.front()->at_position());  // the term before the first one is not known: begin after it
  }
  for (const auto& e : events) {
    if (e->seq > window_.last().seq) window_.append(e);
  }
  snapshot_.reset();
  target_ = page.head;
  target_heard_ = last_question_;
  is_loaded_ = true;
  head_doubt_.settle();
  anchor_doubt_.settle();
  out.push_back(marked{page.mark});
  for (const auto& [thread, rows] : threads_) out.push_back(open_thread{thread, window_.last()});
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

// ---- time ------------------------------------------------------------------------------------------------------

feed::effects feed::tick(instant now) {
  effects out;
  expire(out, now);
  for (auto& [key, range] : ranges_) {
    if (!range.asked && !range.next.empty() && now >= range.retry_at) send_range(out, key, range);
  }
  proceed(out, now);
  return out;
}

void feed::expire(effects& out, instant now) {
  const refusal late{refusal_code::unavailable, "the room's history is out of reach", milliseconds{500}};
  std::erase_if(attaches_, [&](const waiting_attach& a) {
    if (a.deadline > now) return false;
    out.push_back(failed{a.ticket, late});
    return true;
  });
  for (auto entry = ranges_.begin(); entry != ranges_.end();) {
    auto& range = entry->second;
    const auto is_late = [&](const waiting_fetch& f) {
      if (f.deadline > now) return false;
      out.push_back(failed{f.ticket, late});
      return true;
    };
    std::erase_if(range.served, is_late);
    std::erase_if(range.next, is_late);
    const bool is_over = range.served.empty() && range.next.empty() && !range.asked;
    entry = is_over ? ranges_.erase(entry) : std::next(entry);
  }
}

}  // namespace parley
