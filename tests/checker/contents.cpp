#include "tests/checker/contents.hpp"

namespace parley::checker {

bool contents::is_of(room_id room, std::uint64_t content) {
  build();
  const auto found = by_content_.find(content);
  if (found == by_content_.end()) return false;
  if (found->second.first_room == room) return true;
  // A content in two rooms is rare (drafts without a key): then it counts as known in both.
  return found->second.other != nowhere;
}

std::uint32_t contents::elsewhere(room_id room, std::uint64_t content) {
  build();
  const auto found = by_content_.find(content);
  if (found == by_content_.end() || is_of(room, content)) return nowhere;
  return found->second.first;
}

std::uint64_t contents::body(room_id room, std::uint64_t seq, std::uint32_t number) {
  build();
  const auto found = bodies_.find({room, seq, number});
  return found == bodies_.end() ? 0 : found->second;
}

void contents::build() {
  if (is_built_) return;
  is_built_ = true;
  for (const auto& attempt : all_.attempts)
    if (attempt.asked) meet(attempt.asked->room, attempt.asked->content, attempt.asked_at);
  for (std::size_t room = 1; room < all_.rooms.size(); ++room) {
    const room_id id{static_cast<std::uint32_t>(room)};
    for (const auto& row : all_.rooms[room].rows) {
      if (row.kind != event_kind::updated) continue;
      // A deleted message's edits are stored without their bodies: then the attempt knows them.
      const auto asked = all_.keys[at(row.key)].first;
      const auto body = !row.deleted ? row.body : asked == nowhere ? 0 : all_.attempts[asked].asked->body;
      bodies_.emplace(version{id, row.target, row.version}, body);
    }
  }
}

void contents::meet(room_id room, std::uint64_t content, std::uint32_t record) {
  auto& known = by_content_[content];
  if (known.first == nowhere)
    known = {record, nowhere, room};
  else if (known.first_room != room)
    known.other = record;
}

}  // namespace parley::checker
