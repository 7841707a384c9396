#include "actors/core/mutant.hpp"
#include "net/session/live_sink.hpp"
#include "net/session/session.hpp"

#include <algorithm>
#include <limits>
#include <utility>

/// The session's rows in its thread's live table.
namespace parley::net {

void session::go_live(room_ref room, parley::generation generation, position at) {
  thread_.post([me = self<session>(), room = std::move(room), generation, at] {
    if (!me->is(state::open) || !me->conversation_) return;
    live_sink sink{room};
    me->thread_.table().go_live(me.get(), room->key, generation, at, sink);
  });
}

void session::leave_live(room_ref room, parley::generation generation) {
  // Nothing waits for it: whatever could write to the room's row comes behind it in the same inbox.
  thread_.post_later([me = self<session>(), room = std::move(room), generation] {
    if (!me->is(state::open) || !me->thread_.table().leave(me.get(), room->key, generation)) return;
    me->outbox_.drop_live(*room);
    std::erase_if(me->rows_, [&](const live_row& row) { return row.room->key == room->key; });
  });
}

session::live_row* session::row_of_room(const room_key& room) {
  const auto found = std::ranges::find_if(rows_, [&](const live_row& row) { return row.room->key == room; });
  return found == rows_.end() ? nullptr : &*found;
}

void session::row_went_live(const room_ref& room, generation gen, position at) {
  if (auto* row = row_of_room(room->key))
    row->gen = gen;
  else
    rows_.push_back({room, gen});
  enqueue(server_message{0, push::live{room->room, at}});
  conversation_->row_live(room->key, gen, at);
}

void session::row_fell(const room_key& room, generation gen, position at, bool was_live) {
  if (state_ != state::open) return;
  if (auto* row = row_of_room(room); row != nullptr && row->gen == gen) {
    // `at` is behind what waits here: the reader gets it, and the merge goes on after it.
    outbox_.pin(*row->room);
    std::erase_if(rows_, [&](const live_row& one) { return one.room->key == room; });
  }
  conversation_->row_behind(room, gen, at, was_live);
}

bool session::write_live(const live_frame_ptr& frame) {
  if (state_ != state::open) return false;
  if (outbox_.push_live(frame, form_)) [[likely]] {
    thread_.touch(*this);
    return true;
  }
  if (is_on(mutant::slow_reader_drops_silently)) return true;
  fall_behind(frame->room(), frame->before());
  return false;
}

/// Only to a reader who keeps up: one with a backlog learns more from that. No live batch waits then, so that what is
/// dropped later comes after the head, and the head is never more than the reader was shown.
void session::say_head(const head_frame_ptr& frame) {
  if (state_ != state::open || outbox_.live_bytes() > 0 || !outbox_.is_low()) return;
  const auto& room = frame->room()->room;
  const seq at = frame->at().seq;
  auto marks = std::make_unique<stream_marks>(1, stream_mark{stream_mark::deed::head, room, at, at});
  outbox_.push(shared_bytes(frame, form_), std::move(marks));
  thread_.touch(*this);
}

void session::fall_behind(const room_ref& room, position at_without_queue) {
  position at = at_without_queue;
  for (const auto& fallen : outbox_.drop_live()) {
    if (fallen.room->key == room->key) {
      at = fallen.at;  // the table itself takes this row out
      continue;
    }
    constexpr generation any{std::numeric_limits<std::uint32_t>::max()};
    if (thread_.table().leave(this, fallen.room->key, any)) tell_behind(fallen.room->key, fallen.at);
  }
  tell_behind(room->key, at);
}

void session::tell_behind(const room_key& room, position at) {
  const auto* row = row_of_room(room);
  if (row == nullptr) return;
  const generation gen = row->gen;
  std::erase_if(rows_, [&](const live_row& one) { return one.room->key == room; });
  front().probe.reader_fell_behind();
  conversation_->row_behind(room, gen, at, true);
}

}  // namespace parley::net
