#include "tests/simulation/postgres_model.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>

namespace parley::simulation {
namespace {

error no_shard() { return {errc::unavailable, "the shard is not in this database"}; }

}  // namespace

const postgres_model::room_state* postgres_model::find_stored(const room_ref& room) const {
  const auto found = rooms_.find(room->key);
  return found == rooms_.end() ? nullptr : &found->second;
}

const postgres_model::room_state* postgres_model::find(const room_ref& room) const {
  const auto behind = replica_.find(room->key);
  return behind != replica_.end() && time_.now() < behind->second.until ? &behind->second.room : find_stored(room);
}

std::vector<shard_mark> postgres_model::marks(const std::vector<shard_id>& shards) const {
  std::vector<shard_mark> found;
  for (const auto s : shards)
    found.push_back(is_elsewhere(s) ? shard_mark{} : shard_mark{shards_[s.value].term, shards_[s.value].n});
  return found;
}

marked_head postgres_model::head_in(const room_ref& ref) const {
  const auto* room = find(ref);
  const auto mark = marks({ref->shard}).front();
  if (room == nullptr) return {{}, mark};
  const auto floor = is_on(mutant::head_without_floor) ? position{} : room->floor;
  return {{room->events.empty() ? floor : room->events.back()->at_position(), room->floor}, mark};
}

result<std::vector<marked_head>> postgres_model::heads(const std::vector<room_ref>& rooms) const {
  std::vector<marked_head> found;
  for (const auto& r : rooms) {
    if (is_elsewhere(r->shard)) return no_shard();
    found.push_back(head_in(r));
  }
  return found;
}

result<range_page> postgres_model::range(const range_query& q) const {
  if (is_elsewhere(q.room->shard)) return no_shard();
  range_page page;
  const auto at = head_in(q.room);
  page.head = at.head;
  page.mark = at.mark;
  const auto* room = find(q.room);
  if (room == nullptr) return page;
  for (const auto& e : room->events) {
    if (e->seq == q.after) page.anchor = e->term;
    if (e->seq > q.after && page.events.size() < q.limit) page.events.push_back(e);
  }
  if (q.after.value > 0 && q.after == room->floor.seq) page.anchor = room->floor.term;
  return page;
}

result<history_page> postgres_model::history(const history_query& q) const {
  using side = history_query::side;
  if (is_elsewhere(q.room->shard)) return no_shard();
  history_page page;
  const auto at = head_in(q.room);
  page.head = at.head;
  page.mark = at.mark;
  const auto* room = find(q.room);
  if (room == nullptr) return page;
  event_list events;
  for (const auto& e : room->events) {
    if (!q.messages || e->kind == event_kind::message_created) events.push_back(e);
  }
  // What lies below the place and what from it on; how much of each side is shown.
  const auto from = std::ranges::find_if(events, [&](const auto& e) {
    return q.where != side::newest && e->seq >= (q.where == side::after ? next(q.seq) : q.seq);
  });
  const auto below = from - events.begin(), above = events.end() - from;
  const std::ptrdiff_t limit = q.limit;
  const auto shown_below = std::min(below, q.where == side::after ? 0 : q.where == side::around ? limit / 2 : limit);
  const auto shown_above = std::min(above, q.where == side::after    ? limit
                                           : q.where == side::around ? limit - limit / 2
                                                                     : 0);
  page.events.assign(from - shown_below, from + shown_above);
  page.has_older = !page.events.empty() && below > shown_below;
  page.has_newer = !page.events.empty() && above > shown_above;
  return page;
}

}  // namespace parley::simulation
