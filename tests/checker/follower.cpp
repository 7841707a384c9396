#include "tests/checker/follower.hpp"

namespace parley::checker {

namespace {

/// Equal positions; seq 0 is the same with any term.
bool same(position one, position other) { return one == other || (one.seq == 0 && other.seq == 0); }

const char* word_of_reason(gap_reason reason) {
  return reason == gap_reason::reset ? "reset" : reason == gap_reason::retention ? "retention" : "of unknown reason";
}

}  // namespace

follower::follower(const indexed& all, contents& known, const stream& followed, findings& out)
    : all_(all),
      known_(known),
      stream_(followed),
      room_(all.rooms[at(followed.asked->room)]),
      out_(out),
      at_(followed.joined->start) {}

void follower::begin() {
  const auto& told = *stream_.joined;
  if (told.head.seq == no_number || told.head.seq < stream_.before.seq)
    report(7,
           "the join's head is " + text(told.head.seq) + ", but " + text(stream_.before.seq) +
               " was acknowledged before it was asked for",
           {whole(stream_.before.record), asked(), joined()});
  if (told.start.seq > told.head.seq) report(3, "it starts past the head", {joined()});
  check_committed(told.start, stream_.joined_at);
  check_committed(told.head, stream_.joined_at);
  stream_.asked->since ? check_since() : check_rewind();
  // It goes on from what was lost: a reset must follow.
  if (told.start.seq > room_.floor() && !is_found(told.start) && all_.may_be_lost(room_, told.start, stream_.joined_at))
    lost_at_ = stream_.joined_at;
}

void follower::check_rewind() {
  const auto& told = *stream_.joined;
  // The newest events up to the head that the same answer names, as far as they are retained.
  const auto rewind = std::uint64_t{stream_.asked->rewind};
  const auto due = told.head.seq > rewind ? told.head.seq - rewind : 0;
  if (told.start.seq == due || (due < room_.floor() && told.start.seq > due && told.start.seq <= room_.floor())) return;
  report(3,
         "a rewind of " + text(rewind) + " from " + text(told.head.seq) + " starts after " + text(told.start.seq) +
             ", not after " + text(due),
         {asked(), joined()});
}

void follower::check_since() {
  const auto since = *stream_.asked->since;
  const bool unknowable =
      (room_.floor() > 0 && since.seq <= room_.floor()) || all_.may_be_lost(room_, since, stream_.joined_at);
  if (!unknowable && stream_.joined->recovered != is_found(since))
    report(3,
           is_found(since) ? "the position is in the log, but it was not recovered"
                           : "a position that is not in the log was recovered",
           {asked(), joined()});
}

void follower::first_push(bool is_gap) {
  if (is_fresh_ && !is_gap && stream_.asked->since && stream_.joined->start.seq != since_seq())
    report(3,
           "it resumes after " + text(stream_.joined->start.seq) + ", not after " + text(since_seq()) +
               ", and no gap says so",
           {asked(), joined(), whole(last_push_)});
  else if (is_fresh_ && !is_gap && stream_.joined->recovered == false)
    report(3, "its position was not recovered, and no gap says why", {asked(), joined(), whole(last_push_)});
  is_fresh_ = false;
}

void follower::take(const batch_pushed& push, std::uint32_t place) {
  last_push_ = place;
  first_push(false);
  if (push.prev != at_.seq)
    report(3, "a batch follows " + text(push.prev) + ", the stream had reached " + text(at_.seq), {whole(place)});
  if (push.phase != (is_live_ ? stream_phase::live : stream_phase::history))
    report(3, is_live_ ? "a batch of a live stream says another phase" : "a batch says live before the stream is",
           {whole(place)});
  const auto events = all_.history.events(push.events);
  if (events.empty()) report(3, "an empty batch", {whole(place)});
  for (std::uint32_t n = 0; n < events.size(); ++n) {
    const auto& shown = events[n];
    if (shown.seq != at_.seq + 1)
      report(3,
             "seq " + text(shown.seq) +
                 (shown.seq <= at_.seq ? " came again" : " came where " + text(at_.seq + 1) + " was due"),
             {n > 0 ? evidence{place, n - 1} : evidence{nowhere, 0}, {place, n}});
    check_event(shown, {place, n});
    if (room_.has_changes) arrive(shown, place);
    at_ = {shown.term, shown.seq};
  }
}

void follower::check_event(const event& shown, evidence where) {
  const auto* stored = room_.find(shown.seq);
  if (!stored) {
    if (shown.seq > room_.floor())
      not_in_log(shown, where.record, where, "seq " + text(shown.seq) + " was shown, but is not stored");
    return;
  }
  if (stored->term != shown.term)
    return not_in_log(
        shown, where.record, where,
        "seq " + text(shown.seq) + " was shown with term " + text(shown.term) + ", stored with " + text(stored->term));
  if (lost_at_ != nowhere) {
    report(15, "it went on over a tail that the database had lost, without a reset", {whole(lost_at_), where});
    lost_at_ = nowhere;
  }
  check_content(shown, *stored, where, row_of(shown.seq));
}

void follower::not_in_log(const event& shown, std::uint32_t place, evidence where, std::string what) {
  if (all_.may_be_lost(room_, {shown.term, shown.seq}, place)) {
    lost_at_ = place;
    return;
  }
  const auto home = known_.elsewhere(stream_.asked->room, shown.content);
  if (home != nowhere) return report(12, "another room's content was shown here", {whole(home), where});
  report(4, std::move(what), {where, row_of(shown.seq)});
}

void follower::check_content(const event& shown, const row& stored, evidence where, evidence there) {
  const auto say = [&](const char* what) {
    const auto home = known_.elsewhere(stream_.asked->room, shown.content);
    if (home != nowhere) return report(12, "another room's content was shown here", {whole(home), where});
    report(4, "seq " + text(shown.seq) + what, {where, there});
  };
  if (shown.version > stored.version) return say(" was shown in a version that it never had");
  const bool changed_since = stored.version > shown.version || (stored.deleted && !shown.deleted);
  if (!changed_since) {
    if (shown.deleted != stored.deleted) return say(" was shown as deleted, and is not");
    if (shown.content != stored.content) return say(" was shown with another content");
    return;
  }
  if (shown.deleted) return say(" was shown as deleted before its last change");
  if (room_.stored->others) return;
  if (shown.version <= 1 || shown.kind != event_kind::created) {
    if (!known_.is_of(stream_.asked->room, shown.content)) say(" was shown with a content that nobody published");
    return;
  }
  if (const auto body = known_.body(stream_.asked->room, shown.seq, shown.version); body != 0 && shown.body != body)
    say(" was shown in a former version, with another content than that had");
}

void follower::take(const live_pushed& push, std::uint32_t place) {
  last_push_ = place;
  first_push(false);
  if (is_live_ || !same(push.at, at_))
    report(3, is_live_ ? "live is said twice" : "live at " + text(push.at) + ", the stream is at " + text(at_),
           {whole(place)});
  if (push.at.seq < stream_.before.seq)
    report(7,
           "live at " + text(push.at.seq) + ", but " + text(stream_.before.seq) +
               " was acknowledged before the join was asked for",
           {whole(stream_.before.record), asked(), whole(place)});
  // Unless what it named was lost meanwhile, beyond this reader's place.
  const auto named = stream_.joined->head;
  const bool stands = is_found(named) || !all_.may_be_lost(room_, named, stream_.joined_at);
  if (!was_live_ && push.at.seq < named.seq && stands)
    report(3, "live at " + text(push.at.seq) + ", below the joined head", {joined(), whole(place)});
  is_live_ = was_live_ = true;
}

void follower::take(const catching_up_pushed& push, std::uint32_t place) {
  last_push_ = place;
  first_push(false);
  if (!is_live_ || !same(push.at, at_))
    report(3,
           is_live_ ? "catching_up at " + text(push.at) + ", the stream is at " + text(at_) : "catching_up before live",
           {whole(place)});
  is_live_ = false;
}

void follower::take(const gap_pushed& push, std::uint32_t place) {
  // A floor may rise, or a tail get lost, before the first page is read: that gap is a later one, though it comes
  // first.
  const auto start = stream_.joined->start.seq;
  const bool begins = is_fresh_ && stream_.asked->since && (start != since_seq() || push.to.seq == start);
  last_push_ = place;
  check_gap_reason(push, place);
  first_push(true);
  if (begins && push.to.seq != start)
    report(3, "a join's gap ends at " + text(push.to.seq) + ", not at its start", {joined(), whole(place)});
  const auto due = push.reason == gap_reason::reset ? 1 : (begins ? since_seq() : at_.seq) + 1;
  if (push.from != due) report(3, "the gap is from " + text(push.from) + ": " + text(due) + " was due", {whole(place)});
  check_committed(push.to, place);
  if (push.reason == gap_reason::reset) {
    held_.clear();
    lost_at_ = nowhere;
  }
  at_ = push.to;
}

/// R15, and R3 for a jump, which only its reader can ask for.
void follower::check_gap_reason(const gap_pushed& push, std::uint32_t place) {
  const auto& join = *stream_.asked;
  if (push.reason == gap_reason::jump) {
    const auto head = stream_.joined->head.seq;
    if (!is_fresh_ || !join.since || join.on_gap != gap_wish::jump || head < since_seq() + join.max + 1)
      report(3, "a jump that was not asked for", {asked(), whole(place)});
    return;
  }
  const auto held = is_fresh_ && join.since ? *join.since : at_;
  const bool justified = push.reason == gap_reason::retention
                             ? push.to.seq > 0 && push.to.seq <= room_.floor()
                             : push.reason == gap_reason::reset && all_.was_lost(room_, held, place) &&
                                   (lost_at_ != nowhere || !is_found(held));
  if (!justified)
    report(15,
           std::string{"a gap ("} + word_of_reason(push.reason) + ") at " + text(held) +
               " that nothing in this run justifies",
           {asked(), whole(place)});
}

/// R14: what a client holds that folds what it gets. A created event comes in its newest version of that moment.
void follower::arrive(const event& shown, std::uint32_t place) {
  if (shown.kind == event_kind::created)
    held_.insert_or_assign(shown.seq, held_message{shown.seq, shown.body, shown.version, shown.deleted, place});
  const auto found = held_.find(shown.target);
  if (shown.target == 0 || found == held_.end()) return;
  auto& message = found->second;
  if (shown.kind == event_kind::updated && shown.version > message.version && !message.deleted) {
    message.body = shown.body;
    message.version = shown.version;
    message.shown_at = place;
    // A tombstone of an edit carries no body: then its message is about to be deleted, or is.
    if (shown.deleted) message.body = 0;
  } else if (shown.kind == event_kind::deleted && !message.deleted) {
    message.deleted = true;
    message.body = 0;
    ++message.version;
    message.shown_at = place;
  }
}

void follower::settle() {
  const auto head = room_.stored->head.seq;
  if (at_.seq != head || !is_live_) {
    report(11,
           "it ended at " + text(at_.seq) + (is_live_ ? ", live" : ", not live") + "; the room's head is " + text(head),
           {joined(), whole(last_push_), whole(stream_.settled_at)});
    return;
  }
  if (lost_at_ != nowhere)
    report(15, "it holds a tail that the database lost, and got no reset",
           {whole(lost_at_), whole(stream_.settled_at)});
  for (const auto& [seq, message] : held_) check_held(message);
}

void follower::check_held(const held_message& held) {
  const auto* stored = room_.find(held.seq);
  if (!stored || stored->kind != event_kind::created) return;
  if (held.deleted != stored->deleted)
    report(14,
           "message " + text(held.seq) +
               (stored->deleted ? " is deleted, but this reader was not told" : " was deleted for this reader only"),
           {whole(held.shown_at), row_of(held.seq)});
  else if (held.version != stored->version)
    report(14,
           "message " + text(held.seq) + " is at version " + text(stored->version) + ", this reader holds " +
               text(held.version),
           {whole(held.shown_at), row_of(held.seq)});
  else if (!held.deleted && held.body != 0 && stored->body != 0 && held.body != stored->body)
    report(14, "message " + text(held.seq) + " has another content for this reader",
           {whole(held.shown_at), row_of(held.seq)});
}

/// R4 for a position: below the floor nobody can tell.
void follower::check_committed(position named, std::uint32_t place) {
  if (is_found(named) || named.seq <= room_.floor() || all_.may_be_lost(room_, named, place)) return;
  report(4, "position " + text(named) + " was named, which is not stored", {whole(place), row_of(named.seq)});
}

bool follower::is_found(position named) const {
  if (named.seq == 0) return true;
  if (named.seq == room_.floor() && named == room_.stored->floor) return true;
  const auto* stored = room_.find(named.seq);
  return stored && stored->term == named.term;
}

evidence follower::row_of(std::uint64_t seq) const {
  const auto place = room_.row_at(seq);
  return place == nowhere ? evidence{nowhere, 0} : evidence{room_.stored_at, place};
}

void follower::report(rule broken, std::string what, std::initializer_list<evidence> shown_by) {
  const auto reader = all_.history.text(stream_.asked->reader);
  out_.add(broken, stream_.asked->room, (reader.empty() ? "a reader" : std::string{reader}) + ": " + std::move(what),
           shown_by);
}

}  // namespace parley::checker
