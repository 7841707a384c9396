#include "actors/core/tail_watch.hpp"

#include "actors/core/mutant.hpp"

namespace parley {

bool tail_watch::added(const room_ref& room, instant now) {
  auto& feeds = shards_[room->shard];
  // Between half a period and one and a half, by the room: after a herd of joins the rooms do not all speak at once.
  const auto first = head_period_ / 2 + head_period_ * room->key.bytes[0] / 256;
  feeds.try_emplace(room->key, watched{room, std::nullopt, now + first});
  return feeds.size() == 1;
}

bool tail_watch::removed(const room_ref& room) {
  auto shard = shards_.find(room->shard);
  if (shard == shards_.end()) return false;
  shard->second.erase(room->key);
  if (!shard->second.empty()) return false;
  shards_.erase(shard);
  return true;
}

void tail_watch::head_read(const room_ref& room, shard_mark mark) {
  auto shard = shards_.find(room->shard);
  if (shard == shards_.end()) return;
  if (auto feed = shard->second.find(room->key); feed != shard->second.end()) feed->second.mark = mark;
}

std::vector<tail_watch::hint> tail_watch::heard(const beacon& b) {
  std::vector<hint> hints;
  auto shard = shards_.find(b.shard);
  if (shard == shards_.end()) return hints;
  const shard_mark from{b.term, b.n_before};
  for (auto& [key, feed] : shard->second) {
    if (feed.mark == from || is_on(mutant::beacon_chain_ignored)) feed.mark = shard_mark{b.term, b.n};
  }
  for (const auto& entry : b.heads) {
    if (auto feed = shard->second.find(entry.room); feed != shard->second.end()) {
      hints.push_back({feed->second.room, entry.head});
    }
  }
  return hints;
}

tail_watch::suspects tail_watch::polled(shard_id id, shard_mark mark) {
  suspects found;
  auto shard = shards_.find(id);
  if (shard == shards_.end() || mark == shard_mark{}) return found;  // on its way to another database: no head there
  for (auto& [key, feed] : shard->second) {
    if (is_on(mutant::poll_compares_behind) && feed.mark && feed.mark->n >= mark.n) continue;
    if (is_on(mutant::no_beacon)) continue;
    if (feed.mark && feed.mark != mark) found.push_back(feed.room);  // differs, not: is behind
    if (is_on(mutant::mark_before_head_read) && feed.mark) feed.mark = mark;
  }
  return found;
}

bool tail_watch::take_turn(watched& feed, instant now) const {
  if (head_period_ == milliseconds{0} || now < feed.head_due) return false;
  feed.head_due = now + head_period_;
  return true;
}

std::vector<room_ref> tail_watch::proven(shard_id id, shard_mark mark, instant now) {
  std::vector<room_ref> rooms;
  auto shard = shards_.find(id);
  if (shard == shards_.end()) return rooms;
  for (auto& [key, feed] : shard->second) {
    if (feed.mark == mark && take_turn(feed, now)) rooms.push_back(feed.room);
  }
  return rooms;
}

bool tail_watch::is_head_due(const room_ref& room, instant now) {
  auto shard = shards_.find(room->shard);
  if (shard == shards_.end()) return false;
  auto feed = shard->second.find(room->key);
  return feed != shard->second.end() && take_turn(feed->second, now);
}

std::vector<shard_id> tail_watch::shards() const {
  std::vector<shard_id> ids;
  ids.reserve(shards_.size());
  for (const auto& [id, feeds] : shards_) ids.push_back(id);
  return ids;
}

std::size_t tail_watch::feeds() const {
  std::size_t count = 0;
  for (const auto& [id, feeds] : shards_) count += feeds.size();
  return count;
}

}  // namespace parley
