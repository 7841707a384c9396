#pragma once

#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"

#include <cstddef>
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

/// What the events of one read hold together at the most, as `size_bytes` counts; a larger event is a read of its own.
/// A page may be shorter than it was asked to be: it says where it ends.
inline constexpr std::size_t range_bytes_max = 1024 * 1024;
/// The same of a page for people, as `json_bytes` counts: 200 of the largest plain texts. What waits for one session
/// (net/session/outbox.hpp) must hold it beside what its rooms may have sent (send_budget.hpp).
inline constexpr std::size_t history_bytes_max = 16 * 1024 * 1024;

/// About how long an event is as JSON, escapes counted.
std::size_t json_bytes(const event& e);
/// No event is longer as JSON than so many times its `size_bytes`.
inline constexpr std::size_t json_growth_max = 6;

struct shortened_page {
  bool is_at_front = false;
  bool is_at_back = false;
};
/// Takes away what is too much, from the ends that are farther from the place between `events[pivot - 1]` and
/// `events[pivot]`: 0 keeps the first events, the size the last ones. @returns where events were taken away
shortened_page shorten(event_list& events, std::size_t pivot, std::size_t bytes_max, std::size_t (*size)(const event&));

}  // namespace parley
