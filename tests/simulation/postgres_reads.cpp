#include "tests/simulation/postgres_model.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>

namespace parley::simulation {

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
  for (const auto s : shards) found.push_back({shards_[s.value].term, shards_[s.value].n});
  return found;
}

std::vector<marked_head> postgres_model::heads(const std::vector<room_ref>& rooms) const {
  std::vector<marked_head> found;
  for (const auto& r : rooms) {
    const auto* room = find(r);
    const auto mark = marks({r->shard}).front();
    if (room == nullptr) {
      found.push_back({{}, mark});
    } else {
      const auto floor = is_on(mutant::head_without_floor) ? position{} : room->floor;
      found.push_back({{room->events.empty() ? floor : room->events.back()->at_position(), room->floor}, mark});
    }
  }
  return found;
}

range_page postgres_model::range(const range_query& q) const {
  range_page page;
  const auto at = heads({q.room}).front();
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

/// The newest events only: what rooms, feeds and rewinds ask for.
history_page postgres_model::history(const history_query& q) const {
  history_page page;
  const auto at = heads({q.room}).front();
  page.head = at.head;
  page.mark = at.mark;
  const auto* room = find(q.room);
  if (room == nullptr) return page;
  const auto count = std::min<std::size_t>(q.limit, room->events.size());
  page.events.assign(room->events.end() - static_cast<std::ptrdiff_t>(count), room->events.end());
  page.has_older = count < room->events.size();
  return page;
}

}  // namespace parley::simulation
