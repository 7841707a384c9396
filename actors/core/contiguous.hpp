#pragma once

#include "actors/core/event.hpp"

namespace parley {

/// Do the events follow `after` and each other, without a hole?
inline bool is_contiguous(const event_list& events, seq after) {
  for (const auto& e : events) {
    after = next(after);
    if (e->seq != after) return false;
  }
  return true;
}

}  // namespace parley
