#include "actors/core/held_rooms.hpp"

#include <algorithm>

namespace parley {

void held_rooms::timed_out(const std::vector<room_key>& rooms, instant now) {
  for (const auto& room : rooms) {
    auto& s = suspects_[room];
    s.company_max = std::max<std::size_t>(1, rooms.size() / 2);
    if (rooms.size() > 1) continue;
    s.delay = std::clamp(s.delay * 2, options_.retry_delay_min, options_.retry_delay_max);
    s.not_before = now + s.delay;
    next_try_ = now + options_.gap;
  }
}

void held_rooms::committed(const room_key& room) {
  auto found = suspects_.find(room);
  if (found == suspects_.end()) return;
  if (found->second.delay > milliseconds{0}) next_try_ = {};
  suspects_.erase(found);
}

bool held_rooms::is_due(const room_key& room, instant now) const {
  auto found = suspects_.find(room);
  if (found == suspects_.end()) return true;
  const auto& s = found->second;
  return now >= s.not_before && (s.delay == milliseconds{0} || now >= next_try_);
}

std::size_t held_rooms::company_max(const room_key& room) const {
  auto found = suspects_.find(room);
  return found == suspects_.end() ? any : found->second.company_max;
}

}  // namespace parley
