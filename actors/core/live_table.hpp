#pragma once

#include "actors/core/frame_ring.hpp"
#include "actors/core/ids.hpp"
#include "actors/core/mutant.hpp"

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley {

/// How far back a thread's ring of recent frames reaches, per room.
struct live_ring_options {
  std::size_t frames_max = 64;
  std::size_t bytes_max = 256 * 1024;
};

/// The live subscriptions of one Asio thread: a row {session, generation, last} per (room, session). A frame that
/// follows a row's last position is written at once; no actor hears of it. A row that it does not follow falls out,
/// and its connection actor runs the join merge again. So each row's writes are a seamless stream by construction (G3).
///
/// A subscription goes live by replaying the room's ring of recent frames: what came while its history was being read
/// is there, shared by all sessions, so that a join buffers nothing of its own (G9).
///
/// Sans-I/O. `Session` is a cheap handle (a pointer in the front, a number in tests). `Frame` is a shared pointer to
/// something with `before()`, `last()` (positions), `size_bytes()` and `holds(position)`: is this the position of one
/// of its events. What happens goes to a `Sink`:
///   bool write(Session, const Frame&)                 // false: no room; the table takes the row out and says nothing
///   bool write_after(Session, const Frame&, position) // the same, only what follows the position
///   void live(Session, const Key&, generation, position)
///   void behind(Session, const Key&, generation, position, bool was_live)
/// A sink may call `leave` for *other* rooms of the session that has no room left. Owned by one thread.
template <class Session, class Frame, class Key = room_key>
class live_table {
public:
  explicit live_table(live_ring_options options = {}) : options_(options) {}

  /// The feed's position on this thread, before its first frame. Opening again moves it and forgets the ring.
  void open(const Key& room, position at) {
    auto& entry = rooms_[room];
    entry.last = at;
    entry.forget_ring();
  }

  template <class Sink>
  void deliver(const Key& room, const Frame& frame, Sink& sink) {
    auto found = rooms_.find(room);
    if (found == rooms_.end()) return;
    auto& entry = found->second;
    remember(entry, frame);
    for (std::size_t i = 0; i < entry.rows.size();) {
      i += deliver_to(entry, i, room, frame, sink) ? 1u : 0u;  // a row that left was replaced by the last one
    }
  }

  /// `say(Session)` for each row that stands at this position, the room's head. It must not touch the table.
  template <class Say>
  void at_head(const Key& room, position head, Say say) {
    auto found = rooms_.find(room);
    if (found == rooms_.end()) return;
    for (const auto& r : found->second.rows) {
      if (r.last == head) say(r.session);
    }
  }

  /// Replaces an older row of the same session.
  template <class Sink>
  void go_live(Session session, const Key& room, generation gen, position at, Sink& sink) {
    leave(session, room, gen);
    auto found = rooms_.find(room);
    const bool is_early = is_on(mutant::row_live_too_early);
    if (found == rooms_.end() || (!is_early && !reaches(found->second, at))) {
      sink.behind(session, room, gen, at, false);
      return;
    }
    auto& entry = found->second;
    if (entry.index.contains(session)) return;  // a later join's row stands: this one was replaced
    entry.index.emplace(session, entry.rows.size());
    entry.rows.push_back({session, gen, at});
    sink.live(session, room, gen, at);
    for (const auto& frame : entry.ring) {
      if (is_early) return;
      auto mine = entry.index.find(session);
      if (mine == entry.index.end() || !deliver_to(entry, mine->second, room, frame, sink)) return;
    }
  }

  /// Takes the session's row out, if it has this generation or an older one.
  /// @returns whether there was such a row
  bool leave(Session session, const Key& room, generation gen) {
    auto found = rooms_.find(room);
    if (found == rooms_.end()) return false;
    auto& entry = found->second;
    auto mine = entry.index.find(session);
    if (mine == entry.index.end() || entry.rows[mine->second].gen > gen) return false;
    take_out(entry, mine->second);
    return true;
  }

  /// The log lost a tail (C13): every row finds out by its own read. Closed until the feed opens it again: a row that
  /// went live meanwhile at the lost position would hear of nothing before the room's next event.
  template <class Sink>
  void reset(const Key& room, position, Sink& sink) {
    close(room, sink);
  }

  template <class Sink>
  void close(const Key& room, Sink& sink) {
    auto found = rooms_.find(room);
    if (found == rooms_.end()) return;
    drop_rows(room, found->second, sink);
    rooms_.erase(found);
  }

  std::size_t rooms() const { return rooms_.size(); }
  std::size_t rows(const Key& room) const {
    auto found = rooms_.find(room);
    return found == rooms_.end() ? 0 : found->second.rows.size();
  }
  const position* last_of(Session session, const Key& room) const {
    auto found = rooms_.find(room);
    if (found == rooms_.end()) return nullptr;
    auto mine = found->second.index.find(session);
    return mine == found->second.index.end() ? nullptr : &found->second.rows[mine->second].last;
  }

private:
  struct row {
    Session session;
    generation gen;
    position last;
  };
  struct room_entry {
    position last;  ///< the feed's, on this thread
    std::vector<row> rows;
    std::unordered_map<Session, std::size_t> index;  ///< where a session's row is
    frame_ring<Frame> ring;                          ///< contiguous; the newest ends at `last`
    std::size_t ring_bytes = 0;

    void forget_ring() {
      ring.clear();
      ring_bytes = 0;
    }
  };

  void remember(room_entry& entry, const Frame& frame) {
    if (frame->before() != entry.last) entry.forget_ring();  // it no longer reaches back without a hole
    entry.last = frame->last();
    entry.ring.push_back(frame);
    entry.ring_bytes += frame->size_bytes();
    while (entry.ring.size() > options_.frames_max ||
           (entry.ring_bytes > options_.bytes_max && entry.ring.size() > 1)) {
      entry.ring_bytes -= entry.ring.front()->size_bytes();
      entry.ring.pop_front();
    }
  }

  /// Does a reader at `at` get everything from this table? One ahead of the feed might not: if what it has is lost with
  /// a tail, a feed that never had it cannot miss it, and says nothing (C13).
  static bool reaches(const room_entry& entry, position at) {
    if (at == entry.last) return true;
    if (entry.ring.empty()) return false;
    const auto& oldest = entry.ring.front();
    if (at == oldest->before()) return true;
    for (const auto& frame : entry.ring) {
      if (frame->holds(at)) return true;
    }
    return false;
  }

  /// @returns whether the row at `i` is still there
  template <class Sink>
  bool deliver_to(room_entry& entry, std::size_t i, const Key& room, const Frame& frame, Sink& sink) {
    auto& r = entry.rows[i];
    const bool is_taken = (is_on(mutant::merge_without_dedup) && r.last.seq > frame->before().seq) ||
                          (is_on(mutant::hole_ignored) && r.last.seq < frame->before().seq);
    if (r.last == frame->before() || is_taken) [[likely]] {
      if (sink.write(r.session, frame)) {
        r.last = frame->last();
        return true;
      }
      take_out(entry, i);
      return false;
    }
    // It has all of this: the ring is replayed to it. A term never falls as seq grows: a lower one holds a lost tail.
    if ((r.last.seq > frame->last().seq && r.last.term >= frame->last().term) || r.last == frame->last()) return true;
    if (frame->holds(r.last)) {  // it has the beginning of this
      if (sink.write_after(r.session, frame, r.last)) {
        r.last = frame->last();
        return true;
      }
      take_out(entry, i);
      return false;
    }
    // A hole, or the same seq with another term. Out first: the sink may act on the table.
    const row fallen = r;
    take_out(entry, i);
    sink.behind(fallen.session, room, fallen.gen, fallen.last, true);
    return false;
  }

  static void take_out(room_entry& entry, std::size_t i) {
    entry.index.erase(entry.rows[i].session);
    if (i + 1 != entry.rows.size()) {
      entry.rows[i] = std::move(entry.rows.back());
      entry.index[entry.rows[i].session] = i;
    }
    entry.rows.pop_back();
  }

  template <class Sink>
  static void drop_rows(const Key& room, room_entry& entry, Sink& sink) {
    auto rows = std::exchange(entry.rows, {});
    entry.index.clear();
    for (const auto& r : rows) sink.behind(r.session, room, r.gen, r.last, true);
  }

  live_ring_options options_;
  std::unordered_map<Key, room_entry> rooms_;
};

}  // namespace parley
