#include "actors/core/join_merge.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

seq minus(seq s, std::uint64_t count) { return seq{s.value > count ? s.value - count : 0}; }

/// The term at `s`, if the view reaches back to it.
std::optional<term> term_in(const feed_view& view, seq s) {
  if (!view.events || s < view.before.seq || s > view.last.seq) return std::nullopt;
  if (s == view.before.seq) return view.before.term;
  return (*view.events)[s.value - view.before.seq.value - 1]->term;
}

}  // namespace

join_merge::join_merge(std::string room, request::join_options options, join_merge_options limits)
    : room_(std::move(room)), options_(options), limits_(limits) {}

join_merge::effects join_merge::start() { return {attach{}}; }

// ---- where the stream begins -----------------------------------------------------------------------------------

join_merge::effects join_merge::attached(const feed_view& view) {
  effects out;
  if (state_ != state::attaching) return out;
  view_ = view;
  has_view_ = true;
  head_ = view.head;
  state_ = state::proving;
  plan(out, view);
  return out;
}

void join_merge::plan(effects& out, const feed_view& view) {
  if (options_.since) {
    plan_since(out, view);
  } else {
    begin_newest(out, rewound(), std::nullopt, std::nullopt);
  }
}

/// A rewind past the retained log just starts there.
seq join_merge::rewound() const {
  return std::max(minus(head_.head.seq, options_.rewind.value_or(0)), head_.floor.seq);
}

void join_merge::plan_since(effects& out, const feed_view& view) {
  const auto since = *options_.since;
  const auto floor = head_.floor;
  if (since.seq < floor.seq) {
    begin_newest(out, floor.seq, false, push::gap{room_, next(since.seq), floor, push::gap_reason::retention});
    return;
  }
  // Older than the window, or beyond the head: the stored event itself must say its term. An owner knows what it was
  // told of: a commit whose answer is still on its way may have been read, and shown, by others already.
  const auto held = since.seq > head_.head.seq ? std::optional<term>{} : term_in(view, since.seq);
  const bool is_rash = is_on(mutant::reset_beyond_owners_head) && since.seq > head_.head.seq;
  if (!held && !is_rash) {
    pending_ = pending_start{since.seq, {}, {}, true};
    ask(out, since.seq, since.term);
    return;
  }
  prove(out, held, nullptr);
}

/// `since`: found in the log, or not (C13).
void join_merge::prove(effects& out, std::optional<term> held, const range_page* page) {
  const auto since = *options_.since;
  pending_.reset();
  const bool is_found = since.seq.value == 0 || held == since.term || is_on(mutant::resume_without_proof);
  if (!is_found) {
    const auto start = std::max(minus(head_.head.seq, options_.max), head_.floor.seq);
    begin_newest(out, start, false, push::gap{room_, seq{1}, {}, push::gap_reason::reset});
    return;
  }
  const auto missed = head_.head.seq.value - std::min(head_.head.seq, since.seq).value;
  if (options_.gap == request::on_gap::jump && missed > options_.max) {
    begin_newest(out, minus(head_.head.seq, options_.max), true,
                 push::gap{room_, next(since.seq), {}, push::gap_reason::jump});
    return;
  }
  begin(out, since.seq.value == 0 ? position{} : since, true, std::nullopt, page);
}

/// A start that is given by its seq alone: its term may have to be read. Where the view does not reach, the reply waits
/// for the first page even if the term is known (the floor): retention may have moved on, and `start` must tell.
void join_merge::begin_newest(effects& out, seq start, std::optional<bool> recovered,
                              std::optional<push::gap> first_gap) {
  if (const auto known = term_in(view_, start)) {
    begin(out, position{*known, start}, recovered, std::move(first_gap));
    return;
  }
  pending_ = pending_start{start, recovered, std::move(first_gap), false};
  ask(out, start);
}

void join_merge::begin(effects& out, position start, std::optional<bool> recovered, std::optional<push::gap> first_gap,
                       const range_page* page) {
  last_ = start;
  out.push_back(joined{{room_, head_.head, start, recovered}});
  if (first_gap) {
    first_gap->to = start;
    out.push_back(send{std::move(*first_gap)});
  }
  state_ = state::sending;
  if (page != nullptr) {
    take_page(out, *page);
  } else {
    go_on(out);
  }
}

// ---- history ---------------------------------------------------------------------------------------------------

/// From `last_` on: the view while it reaches, then reads; live as soon as the head is reached.
void join_merge::go_on(effects& out) {
  if (has_view_ && last_.seq >= view_.before.seq && term_in(view_, last_.seq).value_or(last_.term) != last_.term) {
    has_view_ = false;  // the log lost a tail since, and the pages read after it are newer
  }
  if (has_view_ && last_.seq >= view_.before.seq && last_.seq < view_.last.seq) {
    const auto first = last_.seq.value - view_.before.seq.value;
    const auto count = std::min<std::size_t>(limits_.page_events, view_.events->size() - first);
    const auto begin_at = view_.events->begin() + static_cast<std::ptrdiff_t>(first);
    send_events(out, {begin_at, begin_at + static_cast<std::ptrdiff_t>(count)});
    if (last_.seq < view_.last.seq) {
      state_ = state::draining;
      out.push_back(await_drained{});
      return;
    }
  }
  if (last_.seq < head_.head.seq) {
    ask_on(out);
    return;
  }
  view_ = {};
  has_view_ = false;
  state_ = state::going_live;
  out.push_back(go_live{last_});
}

void join_merge::send_events(effects& out, event_list events) {
  for (auto& batch : in_batches(std::move(events))) {
    const auto before = last_.seq;
    last_ = batch.back()->at_position();
    out.push_back(send{push::batch{room_, before, push::phase::history, std::move(batch)}});
  }
}

void join_merge::ask(effects& out, seq after, std::optional<term> held) {
  asked_after_ = after;
  asked_held_ = held;
  if (state_ != state::proving) state_ = state::fetching;
  out.push_back(fetch{after, limits_.page_events, held});
}

/// What follows the last event sent.
void join_merge::ask_on(effects& out) {
  ask(out, last_.seq, last_.seq.value == 0 ? std::nullopt : std::optional{last_.term});
}

join_merge::effects join_merge::fetched(const range_page& page) {
  effects out;
  if (state_ == state::proving && pending_) {
    start_proven(out, page);
  } else if (state_ == state::fetching) {
    take_page(out, page);
  }
  return out;
}

/// The page that a start waited for: it follows the start, so that its first events are sent at once.
void join_merge::start_proven(effects& out, const range_page& page) {
  const auto start = *std::exchange(pending_, std::nullopt);
  const auto counted_from = head_.head;
  learn(page);
  // The reply names the head that was asked for: what the log has grown by since may reach this feed after `live`.
  const bool is_named = !is_on(mutant::joined_names_later_head);
  const bool is_kept = counted_from.seq >= head_.floor.seq;
  if (is_named && is_kept && start.at <= counted_from.seq && counted_from.seq < head_.head.seq)
    head_.head = counted_from;
  const bool is_lost = head_.floor.seq > start.at;  // retention went past it meanwhile
  if (start.is_proof && is_lost) {
    begin(out, head_.floor, false, push::gap{room_, next(start.at), {}, push::gap_reason::retention}, &page);
  } else if (start.is_proof) {
    prove(out, page.anchor, &page);
  } else if (!is_kept && !options_.since && rewound() == head_.floor.seq) {
    begin(out, head_.floor, start.recovered, start.gap, &page);
  } else if (is_kept && head_.head.seq >= counted_from.seq && page.anchor) {
    begin(out, {*page.anchor, start.at}, start.recovered, start.gap, &page);
  } else if (is_kept && head_.head.seq >= counted_from.seq && (is_lost || start.at.value == 0)) {
    begin(out, head_.floor, start.recovered, start.gap, &page);
  } else {  // the start was counted from a head that is no more: lost with a tail, or retention went past it too
    view_ = {};
    has_view_ = false;
    plan(out, view_);
  }
}

void join_merge::take_page(effects& out, const range_page& page) {
  if (pending_) {  // this page follows the place where a lost tail's reader goes on
    const auto start = *std::exchange(pending_, std::nullopt);
    if (!page.anchor && page.head.floor.seq < start.at) {  // and then another one
      lost_tail(out, page);
      return;
    }
    const auto to = page.anchor ? position{*page.anchor, start.at} : page.head.floor;
    reset_to(out, to);
  }
  if (page.head.floor.seq > last_.seq) {
    const push::gap passed{room_, next(last_.seq), page.head.floor, push::gap_reason::retention};
    if (!is_on(mutant::floor_ignored)) out.push_back(send{passed});
    last_ = page.head.floor;
  } else if (const auto anchor = last_.seq == page.head.floor.seq ? page.head.floor.term : page.anchor;
             last_.seq.value != 0 && anchor != last_.term && !is_on(mutant::anchor_ignored)) {
    lost_tail(out, page);
    return;
  }
  learn(page);
  if (!follows(page)) {
    state_ = state::ended;
    out.push_back(broken{last_});
    out.push_back(detach{});
    return;
  }
  send_events(out, page.events);
  if (last_.seq < head_.head.seq && !page.events.empty()) {
    state_ = state::draining;  // a slow reader's pages wait for its socket, one at a time (C12)
    out.push_back(await_drained{});
    return;
  }
  go_on(out);
}

/// The newest word on where to go. The log was asked after the view, so a lower head of its means that a tail was lost
/// beyond this reader's place: nothing of it was sent, and waiting for it would never end. A feed may only be behind.
void join_merge::learn(const range_page& page) {
  if (!page.is_of_window) {
    head_ = page.head;
    return;
  }
  if (page.head.head.seq >= head_.head.seq) head_.head = page.head.head;
  if (page.head.floor.seq >= head_.floor.seq) head_.floor = page.head.floor;
}

bool join_merge::follows(const range_page& page) const {
  auto expected = last_.seq;
  for (const auto& e : page.events) {
    expected = next(expected);
    if (e->seq != expected) return false;
  }
  return !page.events.empty() || page.head.head.seq <= last_.seq;
}

/// The log lost a tail that this reader had: its newest events follow, as for a rewind.
void join_merge::lost_tail(effects& out, const range_page& page) {
  head_ = page.head;
  has_view_ = false;
  const auto start = std::max(minus(page.head.head.seq, options_.max), page.head.floor.seq);
  if (start == page.head.floor.seq) {
    reset_to(out, start.value == 0 ? position{} : page.head.floor);
    ask_on(out);
    return;
  }
  pending_ = pending_start{start, {}, {}, false};  // its term comes with the page that follows it
  state_ = state::fetching;
  ask(out, start);
}

void join_merge::reset_to(effects& out, position to) {
  out.push_back(send{push::gap{room_, seq{1}, to, push::gap_reason::reset}});
  last_ = to;
}

join_merge::effects join_merge::failed(const refusal& why) {
  effects out;
  if (state_ == state::attaching || state_ == state::proving) {
    state_ = state::ended;
    out.push_back(refused{why});
    out.push_back(detach{});
  } else if (state_ == state::fetching) {
    out.push_back(fetch{asked_after_, limits_.page_events, asked_held_});
  }
  return out;
}

join_merge::effects join_merge::drained() {
  effects out;
  if (state_ != state::draining) return out;
  state_ = state::sending;
  if (has_view_) {
    go_on(out);
  } else {
    ask_on(out);
  }
  return out;
}

// ---- live ------------------------------------------------------------------------------------------------------

join_merge::effects join_merge::row_live(position at) {
  if (state_ == state::going_live && at == last_) {
    state_ = state::live;
  }
  return {};
}

join_merge::effects join_merge::row_behind(position at, bool was_live) {
  effects out;
  if (state_ != state::going_live && state_ != state::live) return out;
  last_ = at;
  if (!was_live) {  // the ring no longer reaches back: read on; nothing to tell
    ask_on(out);
    return out;
  }
  out.push_back(send{push::catching_up{room_, at}});
  state_ = state::draining;
  out.push_back(await_drained{});
  return out;
}

join_merge::effects join_merge::leave() {
  if (state_ == state::ended) return {};
  state_ = state::ended;
  return {detach{}};
}

}  // namespace parley
