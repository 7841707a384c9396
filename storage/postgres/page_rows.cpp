#include "storage/postgres/page_rows.hpp"

#include "actors/core/mutant.hpp"
#include "actors/core/window.hpp"
#include "storage/event_codec.hpp"

#include <algorithm>
#include <limits>

namespace parley::postgres {
namespace {

enum header_column { shard_term, n, floor_term, floor_seq, head_term, head_seq, header_end };

/// The room's head: its newest event, or the floor where nothing above it is left (C14).
marked_head header_of(const rows& r, int row) {
  const position floor{r.id<term>(row, floor_term), r.id<seq>(row, floor_seq)};
  const position newest{r.id_or(row, head_term, term{0}), r.id_or(row, head_seq, seq{0})};
  const bool is_newest = newest.seq > floor.seq || is_on(mutant::head_without_floor);
  return {{is_newest ? newest : floor, floor}, {r.id<term>(row, shard_term), r.id<attempt>(row, n)}};
}

error no_shard() { return {errc::unavailable, "the shard is not in this database"}; }

/// The event of a row, whose columns begin with `first`.
result<event_ptr> event_of(const rows& r, int row, int first) {
  auto decoded = decode_stored(r.id<term>(row, first + 1), r.id<seq>(row, first),
                               static_cast<event_kind>(r.int2(row, first + 2)), r.bytes(row, first + 3));
  if (!decoded) return error{errc::unavailable, "a stored event cannot be read: " + decoded.error().detail};
  return std::move(*decoded);
}

/// The events of a page, in the order of the rows; the columns from `first` on.
result<event_list> events_of(const rows& r, int first) {
  event_list events;
  for (int row = 0; row < r.count(); ++row) {
    if (r.is_null(row, first)) continue;  // the header of an empty page
    auto decoded = event_of(r, row, first);
    if (!decoded) return decoded.error();
    events.push_back(std::move(*decoded));
  }
  return events;
}

parameters rooms_of(const std::vector<room_ref>& rooms) {
  array keys(array::of::uuid), shards(array::of::int4);
  for (const auto& room : rooms) {
    keys.add(room->key);
    shards.add(room->shard);
  }
  parameters p;
  p.add(keys).add(shards);
  return p;
}

/// How many rows a history reads below a seq and from it on: one more than wanted where the page may go on.
struct split {
  seq at;
  std::int64_t below;
  std::int64_t above;
};
split split_of(const history_query& q) {
  using side = history_query::side;
  const std::int64_t limit = q.limit;
  switch (q.where) {
    case side::before: return {q.seq, limit + 1, 1};
    case side::after: return {next(q.seq), 1, limit + 1};
    case side::around: return {q.seq, limit / 2 + 1, limit - limit / 2 + 1};
    case side::newest: break;
  }
  return {seq{std::numeric_limits<std::int64_t>::max()}, limit + 1, 1};
}

}  // namespace

command range_command(const range_query& q) {
  parameters p;
  p.add(q.room->key).add(q.room->shard).add(q.after).add(static_cast<std::int64_t>(q.limit));
  return {&sql::range, std::move(p)};
}

result<range_page> read_range(const range_query& q, const rows& answer) {
  if (answer.count() == 0) return no_shard();
  auto events = events_of(answer, header_end + 1);
  if (!events) return events.error();
  (void)shorten(*events, 0, range_bytes_max, size_bytes);
  const auto [head, mark] = header_of(answer, 0);
  range_page page{std::move(*events), std::nullopt, head, mark};
  if (!answer.is_null(0, header_end))
    page.anchor = answer.id<term>(0, header_end);
  else if (q.after != seq{0} && head.floor.seq == q.after)
    page.anchor = head.floor.term;
  return page;
}

command history_command(const history_query& q) {
  const auto [at, below, above] = split_of(q);
  parameters p;
  p.add(q.room->key).add(q.room->shard).add(at).add(below).add(above).add(q.messages);
  return {&sql::history, std::move(p)};
}

result<history_page> read_history(const history_query& q, const rows& answer) {
  if (answer.count() == 0) return no_shard();
  auto read = events_of(answer, header_end);
  if (!read) return read.error();
  auto& events = *read;
  const auto [at, below, above] = split_of(q);
  const auto from = std::find_if(events.begin(), events.end(), [at = at](const event_ptr& e) { return e->seq >= at; });
  const auto found_below = from - events.begin(), found_above = events.end() - from;

  const auto [head, mark] = header_of(answer, 0);
  history_page page{{}, head, mark, false, false};
  // The extra row of each side only says that there is more. A side that was asked for one row shows none.
  const auto shown_below = std::min<std::ptrdiff_t>(found_below, below - 1);
  const auto shown_above = std::min<std::ptrdiff_t>(found_above, above - 1);
  page.events.assign(from - shown_below, from + shown_above);
  const auto shortened = shorten(page.events, static_cast<std::size_t>(shown_below), history_bytes_max, json_bytes);
  page.has_older = !page.events.empty() && (shortened.is_at_front || found_below > shown_below);
  page.has_newer = !page.events.empty() && (shortened.is_at_back || found_above > shown_above);
  return page;
}

command newest_command(const std::vector<room_ref>& rooms) { return {&sql::newest, rooms_of(rooms)}; }

result<history_page> read_newest(const rows& answer, int row) {
  if (row >= answer.count() || answer.is_null(row, shard_term)) return no_shard();
  const auto [head, mark] = header_of(answer, row);
  history_page page{{}, head, mark, false, false};
  if (answer.is_null(row, header_end) || answer.id<seq>(row, header_end) <= head.floor.seq) return page;
  auto newest = event_of(answer, row, header_end);
  if (!newest) return newest.error();
  page.has_older = (*newest)->seq > next(head.floor.seq);  // no number between them is missing (G2)
  page.events.push_back(std::move(*newest));
  return page;
}

command heads_command(const std::vector<room_ref>& rooms) { return {&sql::heads, rooms_of(rooms)}; }

result<std::vector<marked_head>> read_heads(const rows& answer) {
  std::vector<marked_head> heads;
  for (int row = 0; row < answer.count(); ++row) {
    if (answer.is_null(row, shard_term)) return no_shard();
    heads.push_back(header_of(answer, row));
  }
  return heads;
}

}  // namespace parley::postgres
