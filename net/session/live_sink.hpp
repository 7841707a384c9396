#pragma once

#include "net/session/session.hpp"

namespace parley::net {

/// Where a thread's live table says what happened: straight to the session.
struct live_sink {
  const room_ref& room;  ///< the room that the table is busy with

  bool write(session* to, const live_frame_ptr& frame) { return to->write_live(frame); }
  bool write_after(session* to, const live_frame_ptr& frame, position at) { return to->write_live(frame->after(at)); }
  void live(session* to, const room_key&, generation gen, position at) { to->row_went_live(room, gen, at); }
  void behind(session* to, const room_key& key, generation gen, position at, bool was_live) {
    to->row_fell(key, gen, at, was_live);
  }
};

}  // namespace parley::net
