#include "storage/sqlite/reads.hpp"

#include "storage/event_codec.hpp"
#include "storage/sqlite/rooms.hpp"

#include <algorithm>

namespace parley::sqlite {
namespace {

constexpr std::uint32_t limit_max = 1000;

/// The rows of one walk along a room's log.
result<event_list> collect(query& q, std::uint32_t limit) {
  event_list events;
  while (events.size() < limit && q.step()) {
    auto e = decode_stored(term{q.number(1)}, seq{q.number(0)}, static_cast<event_kind>(q.number(2)), q.bytes(3));
    if (!e)
      return error{errc::unavailable, "damaged event at seq " + std::to_string(q.number(0)) + ": " + e.error().detail};
    events.push_back(std::move(*e));
  }
  return events;
}

/// Views: all events, or messages only. 0 rather than null as "any kind" keeps one statement for both.
constexpr std::uint64_t view_of(bool messages) {
  return messages ? static_cast<std::uint64_t>(event_kind::message_created) : 0;
}

result<event_list> walk_up(connection& db, std::uint64_t room, seq from, std::uint64_t view, std::uint32_t limit) {
  auto q = db.run(
      "SELECT seq, term, kind, payload FROM event WHERE room = ?1 AND seq >= ?2 AND (?3 = 0 OR kind = ?3) "
      "ORDER BY seq LIMIT ?4",
      room, from, view, std::uint64_t{limit});
  return collect(q, limit);
}

/// Events below `end`, given back in ascending order.
result<event_list> walk_down(connection& db, std::uint64_t room, seq end, std::uint64_t view, std::uint32_t limit) {
  auto q = db.run(
      "SELECT seq, term, kind, payload FROM event WHERE room = ?1 AND seq < ?2 AND (?3 = 0 OR kind = ?3) "
      "ORDER BY seq DESC LIMIT ?4",
      room, end, view, std::uint64_t{limit});
  auto events = collect(q, limit);
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
  switch (asked.where) {
    case history_query::side::newest: return walk_down(db, room, log_end, view, limit);
    case history_query::side::before: return walk_down(db, room, std::min(asked.seq, log_end), view, limit);
    case history_query::side::after: return walk_up(db, room, next(std::min(asked.seq, log_end)), view, limit);
    case history_query::side::around: break;
  }
  auto events = walk_down(db, room, std::min(asked.seq, log_end), view, limit / 2);
  if (!events) return events;
  auto later = walk_up(db, room, std::min(asked.seq, log_end), view, limit - limit / 2);
  if (!later) return later;
  events->insert(events->end(), later->begin(), later->end());
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
  auto events = walk_up(db, room.id, next(std::min(asked.after, log_end)), view_of(false), limit);
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
