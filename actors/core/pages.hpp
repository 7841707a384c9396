#pragma once

#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"

#include <cstdint>
#include <optional>

namespace parley {

/// Events that follow a position, with what proves that they do, all of one snapshot (C9, C13).
struct range_query {
  room_ref room;
  seq after;            ///< the last seq that the reader holds; 0 for the log's start
  std::uint32_t limit;  ///< 1 to 1000 events
};

struct range_page {
  event_list events;                   ///< seq > after, ascending; begins above the floor
  std::optional<parley::term> anchor;  ///< the term of the stored event at `after` (or of the floor, if that is it)
  room_head head;
  shard_mark mark;
  bool is_of_window = false;  ///< out of a feed's window: its head says how far the feed is, not what the log has
};

/// A page for people (`history`), or the newest events (a rewind, a feed's first window).
struct history_query {
  enum class side : std::uint8_t { newest, before, after, around };

  room_ref room;
  side where = side::newest;
  parley::seq seq;           ///< exclusive for before and after, inclusive for around
  std::uint32_t limit = 50;  ///< 1 to 1000
  bool messages = true;      ///< messages in their newest version; false: the log as it is
};

struct history_page {
  event_list events;  ///< ascending
  room_head head;
  shard_mark mark;
  bool has_older = false;
  bool has_newer = false;
};

}  // namespace parley
