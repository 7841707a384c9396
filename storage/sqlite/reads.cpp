#include "storage/sqlite/reads.hpp"

#include "actors/core/window.hpp"
#include "storage/event_codec.hpp"
#include "storage/sqlite/rooms.hpp"

#include <algorithm>

namespace parley::sqlite {
namespace {

constexpr std::uint32_t limit_max = 1000;

/// How much of a room's log one walk along it takes.
struct walk_bounds {
  std::uint32_t events;
  std::size_t bytes;
  std::size_t (*size)(const event&);
};

result<event_list> collect(query& q, const walk_bounds& most) {
  event_list events;
  std::size_t bytes = 0;
  while (events.size() < most.events && q.step()) {
    auto e = decode_stored(term{q.number(1)}, seq{q.number(0)}, static_cast<event_kind>(q.number(2)), q.bytes(3));
    if (!e)
      return error{errc::unavailable, "damaged event at seq " + std::to_string(q.number(0)) + ": " + e.error().detail};
    bytes += most.size(**e);
    if (!events.empty() && bytes > most.bytes) break;
    events.push_back(std::move(*e));
  }
  return events;
}

/// Views: all events, or messages only. 0 rather than null as "any kind" keeps one statement for both.
constexpr std::uint64_t view_of(bool messages) {
  return messages ? static_cast<std::uint64_t>(event_kind::message_created) : 0;
}

result<event_list> walk_up(connection& db, std::uint64_t room, seq from, std::uint64_t view, const walk_bounds& most) {
  auto q = db.run(
      "SELECT seq, term, kind, payload FROM event WHERE room = ?1 AND seq >= ?2 AND (?3 = 0 OR kind = ?3) "
      "ORDER BY seq LIMIT ?4",
      room, from, view, std::uint64_t{most.events});
  return collect(q, most);
}

/// Events below `end`, given back in ascending order.
result<event_list> walk_down(connection& db, std::uint64_t room, seq end, std::uint64_t view, const walk_bounds& most) {
  auto q = db.run(
      "SELECT seq, term, kind, payload FROM event WHERE room = ?1 AND seq < ?2 AND (?3 = 0 OR kind = ?3) "
      "ORDER BY seq DESC LIMIT ?4",
      room, end, view, std::uint64_t{most.events});
  auto events = collect(q, most);
  if (events) std::reverse(events->begin(), events->end());
  return events;
}

bool has_any(connection& db, std::uint64_t room, seq from, seq end, std::uint64_t view) {
  auto q = db.run("SELECT 1 FROM event WHERE room = ?1 AND seq >= ?2 AND seq < ?3 AND (?4 = 0 OR kind = ?4) LIMIT 1",
                  room, from, end, view);
  return q.step();
}

constexpr seq log_end{number_end};

/// Where a page begins and how it grows: below an end, from a start, or both.
result<event_list> page_events(connection& db, std::uint64_t room, const history_query& asked) {
  const auto view = view_of(asked.messages);
  const auto limit = std::clamp<std::uint32_t>(asked.limit, 1, limit_max);
  const auto most = [](std::uint32_t events) { return walk_bounds{events, history_bytes_max, json_bytes}; };
  switch (asked.where) {
    case history_query::side::newest: return walk_down(db, room, log_end, view, most(limit));
    case history_query::side::before: return walk_down(db, room, std::min(asked.seq, log_end), view, most(limit));
    case history_query::side::after: return walk_up(db, room, next(std::min(asked.seq, log_end)), view, most(limit));
    case history_query::side::around: break;
  }
  auto events = walk_down(db, room, std::min(asked.seq, log_end), view, most(limit / 2));
  if (!events) return events;
  auto later = walk_up(db, room, std::min(asked.seq, log_end), view, most(limit - limit / 2));
  if (!later) return later;
  const auto below = events->size();
  events->insert(events->end(), later->begin(), later->end());
  (void)shorten(*events, below, history_bytes_max, json_bytes);
  return events;
}

}  // namespace

result<range_page> range(connection& db, const range_query& asked) {
  range_page page;
  page.mark = mark_of(db, asked.room->shard);
  const auto room = find_room(db, *asked.room).value_or(room_row{});
  page.head = head_of(db, room);
  if (asked.after == room.floor.seq)
    page.anchor = room.floor.term;
  else
    page.anchor = stored_term(db, room.id, asked.after);
  const auto limit = std::clamp<std::uint32_t>(asked.limit, 1, limit_max);
  auto events =
      walk_up(db, room.id, next(std::min(asked.after, log_end)), view_of(false), {limit, range_bytes_max, size_bytes});
  if (!events) return events.error();
  page.events = std::move(*events);
  return page;
}

result<history_page> history(connection& db, const history_query& asked) {
  history_page page;
  page.mark = mark_of(db, asked.room->shard);
  const auto room = find_room(db, *asked.room);
  if (!room) return page;
  page.head = head_of(db, *room);
  auto events = page_events(db, room->id, asked);
  if (!events) return events.error();
  page.events = std::move(*events);
  if (page.events.empty()) return page;
  const auto view = view_of(asked.messages);
  page.has_older = has_any(db, room->id, seq{0}, page.events.front()->seq, view);
  page.has_newer = has_any(db, room->id, next(page.events.back()->seq), log_end, view);
  return page;
}

}  // namespace parley::sqlite
