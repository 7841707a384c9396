#include "actors/core/contiguous.hpp"
#include "actors/core/feed.hpp"
#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley {

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

void feed::resolve(effects& out) {
  if (anchor_doubt_.is_open()) return;  // what we hold may not be the log
  std::erase_if(attaches_, [&](const waiting_attach& a) {
    if (!a.needs || *a.needs > window_.last().seq) return false;
    if (!snapshot_) snapshot_ = std::make_shared<event_list>(window_.after(window_.before().seq, window_.size()));
    out.push_back(attached{a.ticket, {{window_.last(), floor_}, window_.before(), snapshot_, window_.last()}});
    return true;
  });
}

// ---- heads and the first page -----------------------------------------------------------------------------------

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
  if (mark) stands_at(*head, *mark);
  for (auto& a : attaches_) {
    const bool is_served = a.order <= head_order_ || is_on(mutant::shared_head_query);
    if (!a.needs && is_served) a.needs = head->head.seq;
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
    if (a.order <= head_order_ || is_on(mutant::shared_head_query)) a.needs = page->head.head.seq;
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
  stood_ = {page.mark.term, page.head.head.seq};
  head_doubt_.settle();
  anchor_doubt_.settle();
  if (!is_on(mutant::history_before_subscribe)) out.push_back(marked{page.mark});
  for (const auto& [thread, rows] : threads_) out.push_back(open_thread{thread, window_.last()});
}

// ---- readers that continue --------------------------------------------------------------------------------------

feed::effects feed::fetch(feed_ticket ticket, seq after, std::uint32_t limit, instant now, std::optional<term> held) {
  effects out;
  const bool is_within = window_.covers_after(after) && after < window_.last().seq;
  const bool is_shared = !held || window_.term_at(after) == held;
  if (is_loaded_ && !anchor_doubt_.is_open() && is_within && is_shared) {
    const room_head known{window_.last(), floor_};
    out.push_back(fetched{ticket, {window_.after(after, limit), window_.term_at(after), known, {}, true}});
    return out;
  }
  const range_key key{after, limit};
  auto& range = ranges_[key];
  range.next.push_back({ticket, now + options_.answer_deadline});
  if (!range.asked && now >= range.retry_at) send_range(out, key, range);
  return out;
}

void feed::send_range(effects& out, const range_key& key, shared_range& range) {
  range.asked = next_question();
  range.served = std::exchange(range.next, {});
  out.push_back(ask_range{*range.asked, key.after, key.limit});
}

}  // namespace parley
