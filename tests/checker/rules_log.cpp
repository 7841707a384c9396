#include "tests/checker/findings.hpp"

namespace parley::checker {

namespace {

class log_rules {
public:
  log_rules(const indexed& all, room_id id, findings& out) : room_(all.rooms[at(id)]), id_(id), out_(out) {}

  /// R2: from the floor to the head, no hole, no repeat. After a finding it goes on from what it saw.
  void numbers() {
    auto due = room_.floor() + 1;
    for (std::uint32_t n = 0; n < room_.rows.size(); ++n) {
      const auto seq = room_.rows[n].seq;
      if (seq != due)
        out_.add(2, id_,
                 "seq " + text(seq) + (seq < due ? " is stored again or out of place" : " follows a hole") + ": " +
                     text(due) + " was due",
                 {row_before(n), row(n)});
      due = seq + 1;
    }
    if (room_.stored->head.seq != due - 1)
      out_.add(2, id_, "the head is " + text(room_.stored->head.seq) + ", the last event " + text(due - 1),
               {row_before(count()), whole()});
  }

  /// R10: terms never fall as seqs grow.
  void terms() {
    auto before = room_.stored->floor.term;
    for (std::uint32_t n = 0; n < room_.rows.size(); ++n) {
      const auto term = room_.rows[n].term;
      if (term < before)
        out_.add(10, id_, "the term falls from " + text(before) + " to " + text(term), {row_before(n), row(n)});
      before = term;
    }
    if (!room_.rows.empty() && room_.stored->head.seq == room_.rows.back().seq && room_.stored->head.term != before)
      out_.add(10, id_, "the head's term is " + text(room_.stored->head.term) + ", the last event's " + text(before),
               {row_before(count()), whole()});
  }

  /// R14: the log's own edits and deletes, folded, give the versions and tombstones that its messages show.
  void changes() {
    for (std::uint32_t n = 0; n < room_.rows.size(); ++n) {
      const auto& edit = room_.rows[n];
      if (edit.kind != event_kind::updated && edit.kind != event_kind::deleted) continue;
      const auto place = room_.row_at(edit.target);
      if (place == nowhere) continue;  // below the floor
      if (changed_.empty()) changed_.resize(room_.rows.size());
      auto& now = changed_[place];
      ++now.changes;
      now.last = n;
      now.is_deleted |= edit.kind == event_kind::deleted;
      if (edit.kind == event_kind::updated && edit.version != now.changes + 1)
        out_.add(14, id_,
                 "edit " + text(edit.seq) + " of " + text(edit.target) + " says version " + text(edit.version) + ": " +
                     text(now.changes + 1) + " was due",
                 {row(place), row(n)});
    }
    for (std::uint32_t n = 0; n < room_.rows.size(); ++n) message(n);
  }

private:
  struct change {
    std::uint32_t changes = 0;
    std::uint32_t last = nowhere;
    bool is_deleted = false;
  };

  void message(std::uint32_t n) {
    const auto& shown = room_.rows[n];
    if (shown.kind != event_kind::created) return;
    const auto now = changed_.empty() ? change{} : changed_[n];
    const auto last = now.last == nowhere ? evidence{nowhere, 0} : row(now.last);
    if (shown.version > 0 && shown.version != now.changes + 1)
      out_.add(14, id_,
               "message " + text(shown.seq) + " has version " + text(shown.version) + " after " + text(now.changes) +
                   " changes",
               {row(n), last});
    else if (shown.deleted != now.is_deleted)
      out_.add(14, id_,
               "message " + text(shown.seq) +
                   (shown.deleted ? " is a tombstone that no event made" : " was deleted, but shows its content"),
               {row(n), last});
    else if (now.changes > 0 && !shown.deleted && shown.body != room_.rows[now.last].body)
      out_.add(14, id_, "message " + text(shown.seq) + " does not show its newest edit", {row(n), last});
  }

  std::uint32_t count() const { return static_cast<std::uint32_t>(room_.rows.size()); }
  evidence whole() const { return {room_.stored_at, evidence::whole}; }
  evidence row(std::uint32_t n) const { return {room_.stored_at, n}; }
  evidence row_before(std::uint32_t n) const { return n == 0 ? evidence{nowhere, 0} : row(n - 1); }

  const room_log& room_;
  room_id id_;
  findings& out_;
  std::vector<change> changed_;
};

}  // namespace

void check_log(const indexed& all, findings& out) {
  for (std::uint32_t id = 1; id < all.rooms.size(); ++id) {
    if (!all.rooms[id].stored) continue;
    log_rules rules{all, room_id{id}, out};
    rules.numbers();
    rules.terms();
    rules.changes();
  }
}

}  // namespace parley::checker
