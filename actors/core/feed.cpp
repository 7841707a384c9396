#include "actors/core/feed.hpp"

#include "actors/core/contiguous.hpp"
#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley {

feed::feed(room_key room, instant now, feed_options options)
    : room_(room),
      options_(options),
      window_(options.window_events, options.window_bytes),
      confirm_by_(now + options.confirm_wait) {}

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

// ---- the live path ----------------------------------------------------------------------------------------------

feed::effects feed::subscribed(instant now) {
  effects out;
  // What was published while there was no subscription is lost for good: look before trusting the tail (C10, C11).
  if ((is_loaded_ || newest_asked_) && !is_on(mutant::history_before_subscribe)) head_doubt_.raise();
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
  if (mark) stands_at(seen, *mark);
  if (mark) out.push_back(marked{*mark});
  proceed(out, now);
  return out;
}

/// A term begins behind all that was stored under the former ones. What we hold of those beyond its head is no more,
/// and where nobody writes any further nothing else would show it. It may have come after the head was asked for, late.
/// Nor need the shard's term be a later one: a failover may take a claim away, and the next one may have a lower term
/// (C7). What storage says is asked about wherever it differs; a read that was overtaken costs a question.
void feed::stands_at(const room_head& seen, const shard_mark& mark) {
  const auto last = window_.last();
  const auto held = window_.term_at(seen.head.seq);
  const bool is_beyond = seen.head.seq < last.seq && mark.term != last.term;
  const bool is_another = seen.head.seq.value != 0 && held && *held != seen.head.term;
  if (is_beyond || is_another) anchor_doubt_.raise();
  stood_ = {mark.term, seen.head.seq};
}

/// A late copy of what a failover took away: beyond the head that the room had when a later term had begun (F12). The
/// next such read tells otherwise where yet another failover took that term away.
bool feed::is_of_lost_tail(const event_list& events) const {
  return events.back()->seq > stood_.head && events.back()->term < stood_.term;
}

std::optional<position> feed::head_proven() {
  const bool has_doubt = head_doubt_.is_open() || anchor_doubt_.is_open() || hole_since_ || !ahead_.empty();
  if (!is_loaded_ || has_doubt || threads_.empty()) return std::nullopt;
  const bool is_quiet = stood_at_ == window_.last();
  stood_at_ = window_.last();
  return is_quiet ? stood_at_ : std::nullopt;
}

/// @returns whether the stream now holds all of it; false: a hole lies before it, or it contradicts what we hold
bool feed::accept(effects& out, const room_envelope& envelope) {
  if (is_on(mutant::hole_ignored) && envelope.before.seq > window_.last().seq) window_.restart(envelope.before);
  const auto last = window_.last();
  const auto& events = envelope.events;
  if (!is_contiguous(events, envelope.before.seq)) return true;  // malformed: as if it were lost
  if (is_of_lost_tail(events)) return true;
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

// ---- what is due ------------------------------------------------------------------------------------------------

void feed::proceed(effects& out, instant now) {
  if (link_ == link::subscribing) {
    // Subscription first: an event committed in between then arrives twice, never not.
    if (now < confirm_by_ && !is_on(mutant::history_before_subscribe)) return;
    if (now >= confirm_by_) link_ = link::polling;
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
