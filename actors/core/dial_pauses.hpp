#pragma once

#include "actors/core/time.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace parley {

struct dial_pauses_options {
  milliseconds shortest{50};
  milliseconds longest{2'000};
};

/// When a node that could not be reached, or whose link broke, may be dialled again: after a pause that doubles with
/// each failure and is forgotten once a link opens. Nodes are told apart by incarnation, so a restarted one starts
/// afresh. Not jittered: one node dials, and only when it has something to say. Sans-I/O; owned by the router actor.
class dial_pauses {
public:
  explicit dial_pauses(dial_pauses_options options = {}) : options_(options) {}

  bool may_dial(const std::string& incarnation, instant now) const {
    const auto found = pauses_.find(incarnation);
    return found == pauses_.end() || found->second.until <= now;
  }
  void opened(const std::string& incarnation) { pauses_.erase(incarnation); }
  void ended(const std::string& incarnation, instant now) {
    auto& left_alone = pauses_[incarnation];
    left_alone.length = std::clamp(2 * left_alone.length, options_.shortest, options_.longest);
    left_alone.until = now + left_alone.length;
  }
  /// Forgets the nodes that are gone: there are never more pauses than nodes.
  template <class Predicate>
  void keep_only(Predicate is_there) {
    std::erase_if(pauses_, [&](const auto& entry) { return !is_there(entry.first); });
  }

private:
  struct pause {
    milliseconds length{};
    instant until{};
  };

  dial_pauses_options options_;
  std::unordered_map<std::string, pause> pauses_;
};

}  // namespace parley
