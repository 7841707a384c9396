#pragma once

#include "loadtest/load/event_key.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace parley::load {

/// One publish that waits for its answer.
struct publish_under_way {
  std::uint32_t id = 0;    ///< of the request
  std::uint32_t room = 0;  ///< its number
  event_key key = 0;       ///< also the moment when it was due
  std::uint64_t digest = 0;
  std::uint64_t floor = 0;  ///< its seq must be greater: see room_check
};

/// Those of one session, in the order in which they were sent. Bounded by its user.
class publishes_under_way {
public:
  void sent(const publish_under_way& one) { waiting_.push_back(one); }

  struct found {
    publish_under_way publish;
    bool is_overtaken = false;  ///< an earlier one of the same room has no answer yet, which breaks R9
  };
  /// The one that an answer is for; none where nothing was asked by that id.
  /// @param seq what it was given, which later ones of its room must exceed; 0: it was refused
  std::optional<found> answered(std::uint32_t id, std::uint64_t seq);

  std::size_t size() const { return waiting_.size(); }
  /// All of them: the session is lost.
  std::deque<publish_under_way> take_all() { return std::exchange(waiting_, {}); }

private:
  std::deque<publish_under_way> waiting_;
};

}  // namespace parley::load
