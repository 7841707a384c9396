#include "node/repeat_limit.hpp"

namespace parley {

bool repeat_limit::admits(std::string_view event, instant now) {
  auto found = counts_.find(event);
  if (found == counts_.end()) found = counts_.emplace(event, count{now, 0, 0}).first;
  auto& c = found->second;
  if (now - c.begin >= window_ && c.held_back == 0) c = count{now, 0, 0};
  if (c.lines < lines_max_) {
    ++c.lines;
    return true;
  }
  ++c.held_back;
  return false;
}

std::vector<repeat_limit::suppressed> repeat_limit::ended(instant now) {
  std::vector<suppressed> out;
  for (auto& [event, c] : counts_) {
    if (c.held_back == 0 || now - c.begin < window_) continue;
    out.push_back({event, c.held_back});
    c = count{now, 0, 0};
  }
  return out;
}

}  // namespace parley
