#include "actors/core/room_log.hpp"

#include "actors/core/mutant.hpp"
#include "actors/core/overload.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

refusal mismatch() { return {refusal_code::idempotency_mismatch, "client_msg_id was used with other content", {}}; }
refusal no_target() { return {refusal_code::message_not_found, "reply_to names no message of this room", {}}; }
refusal behind_a_failure() {
  return {refusal_code::unavailable, "a write before this one failed: repeat them in order", {}};
}

}  // namespace

room_log::room_log(room_ref room, room_head head, room_log_options options)
    : room_(std::move(room)),
      head_(head),
      options_(options),
      recent_(options.dedup_keys_max),
      last_ticket_(is_on(mutant::tickets_begin_anew) ? 0 : options.ticket_base) {}

room_log::decision room_log::publish(const asker& from, const std::shared_ptr<const draft>& d, instant now) {
  // A room that is always written to never falls asleep, and each failed HTTP write is a session of its own.
  if (now >= forgets_at_) {
    gate_.forget_old(now);
    forgets_at_ = now + seconds{60};
  }
  if (!gate_.admits(from.session, from.round)) return answer{from, behind_a_failure()};
  const bool has_key = !d->client_msg_id.empty();
  auto key = has_key ? dedup_window::key_of(d->sender, d->client_msg_id) : std::string{};
  if (has_key) {
    if (const auto* first = recent_.find(d->sender, d->client_msg_id)) return repeated(from, *d, *first);
    if (auto same = queued_keys_.find(key); same != queued_keys_.end()) {
      auto& waiting = queued_.at(same->second);
      if (waiting.what->digest != d->digest) return answer{from, mismatch()};
      waiting.askers.push_back(from);
      if (waiting.heard < failures_) is_late(from.session, waiting.heard);
      return wait{};
    }
  }
  // Every event is a message in this version, so a target is there exactly if its seq is.
  if (d->reply_to.value != 0 && d->reply_to <= head_.floor.seq) return answer{from, no_target()};
  if (queued_.size() >= options_.queued_max) {
    gate_.failed(from.session, from.round, now);
    return answer{from, refusal{refusal_code::unavailable, "the room has too many writes waiting", milliseconds{100}}};
  }
  const ticket t{++last_ticket_};
  auto heard = failures_;
  if (auto late = late_.find(from.session); late != late_.end()) {
    heard = late->second.heard;
    ++late->second.drafts;
  }
  queued_.emplace(t, queued_draft{d, {from}, heard});
  if (has_key) queued_keys_.emplace(std::move(key), t);
  return queue{t, heard};
}

void room_log::heard_failures(failure_count so_far) {
  if (so_far <= failures_) return;
  failures_ = so_far;
  late_.clear();
  for (const auto& [t, q] : queued_) {
    for (const auto& from : q.askers) is_late(from.session, q.heard);
  }
}

void room_log::is_late(session_id session, failure_count heard) {
  auto& late = late_.try_emplace(session, late_session{heard}).first->second;
  late.heard = std::min(late.heard, heard);
  ++late.drafts;
}

void room_log::ended_late(session_id session) {
  auto late = late_.find(session);
  if (late != late_.end() && --late->second.drafts == 0) late_.erase(late);
}

std::vector<room_log::answer> room_log::ended(const write_outcome& how, instant now) {
  std::vector<answer> answers;
  // The head moves on every known commit, also on one whose asker was told `outcome_unknown` meanwhile.
  if (const auto* done = std::get_if<outcome::committed>(&how.how)) {
    const auto& e = *done->event;
    if (e.seq > head_.head.seq) head_.head = e.at_position();
    if (!e.client_msg_id.empty()) recent_.remember(e.sender, e.client_msg_id, {e.at_position(), e.at, done->digest});
  }
  auto found = queued_.find(how.ticket);
  if (found == queued_.end()) return answers;
  const auto q = std::move(found->second);
  queued_.erase(found);
  const auto& d = *q.what;
  if (!d.client_msg_id.empty()) queued_keys_.erase(dedup_window::key_of(d.sender, d.client_msg_id));
  if (const auto* stored = std::get_if<outcome::duplicate>(&how.how)) {
    recent_.remember(d.sender, d.client_msg_id, {stored->first, stored->at, stored->digest});
  }
  bool is_first = true;
  for (const auto& to : q.askers) {
    if (q.heard < failures_) ended_late(to.session);
    if (breaks_order(how)) gate_.failed(to.session, to.round, now);
    answers.push_back({to, word_for(q, how, std::exchange(is_first, false))});
  }
  return answers;
}

std::vector<room_log::answer> room_log::abandon() {
  std::vector<answer> answers;
  for (const auto& [t, q] : queued_) {
    bool is_first = true;
    for (const auto& to : q.askers) {
      answers.push_back({to, word_for(q, {t, outcome::unknown{}}, std::exchange(is_first, false))});
    }
  }
  queued_.clear();
  queued_keys_.clear();
  late_.clear();
  return answers;
}

reply::published room_log::published(position where, unix_time at, bool duplicate) const {
  return {room_->room, where, at, duplicate};
}

room_log::answer room_log::repeated(const asker& from, const draft& d, const dedup_window::first_result& first) const {
  if (first.digest && *first.digest != d.digest) return {from, mismatch()};
  return {from, published(first.where, first.at, true)};
}

std::variant<reply::published, refusal> room_log::word_for(const queued_draft& q, const write_outcome& how,
                                                           bool is_first) const {
  using word = std::variant<reply::published, refusal>;
  return std::visit(
      overload{
          [&](const outcome::committed& c) -> word {
            return published(c.event->at_position(), c.event->at, !is_first);
          },
          [&](const outcome::duplicate& dup) -> word {
            if (dup.digest && *dup.digest != q.what->digest) return mismatch();
            return published(dup.first, dup.at, true);
          },
          [](const outcome::not_stored&) -> word {
            return refusal{refusal_code::unavailable, "storage is out of reach; nothing was stored", milliseconds{500}};
          },
          [](const outcome::refused&) -> word {
            return refusal{refusal_code::bad_request, "storage refuses this content", {}};
          },
          [](const outcome::unknown&) -> word {
            return refusal{refusal_code::outcome_unknown, "it may be stored: repeat with the same client_msg_id", {}};
          },
          [](const outcome::no_target&) -> word { return no_target(); }},
      how.how);
}

}  // namespace parley
