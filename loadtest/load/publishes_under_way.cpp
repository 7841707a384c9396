#include "loadtest/load/publishes_under_way.hpp"

#include <algorithm>

namespace parley::load {

std::optional<publishes_under_way::found> publishes_under_way::answered(std::uint32_t id, std::uint64_t seq) {
  const auto at = std::ranges::find(waiting_, id, &publish_under_way::id);
  if (at == waiting_.end()) return std::nullopt;
  found it{*at};
  it.is_overtaken = std::any_of(waiting_.begin(), at, [&](const auto& earlier) { return earlier.room == at->room; });
  for (auto later = at; later != waiting_.end(); ++later)
    if (later->room == it.publish.room) later->floor = std::max(later->floor, seq);
  waiting_.erase(at);
  return it;
}

}  // namespace parley::load
