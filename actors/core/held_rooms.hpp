#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"

#include <cstddef>
#include <limits>
#include <unordered_map>
#include <vector>

namespace parley {

struct held_rooms_options {
  milliseconds retry_delay_min{20};  ///< of a room that is held, after each try
  milliseconds retry_delay_max{1000};
  milliseconds gap{250};  ///< at least so long between two tries of held rooms, all of them: each stops the writer
};

/// The rooms that a lock timeout has met, until they commit. Someone else's open transaction holds a key of one of
/// them, and storage cannot tell of which. So the rooms of such a batch are tried in smaller and smaller company, until
/// the held one is alone; from then on it is tried now and then, and only it waits. Sans-I/O; owned by a shard_writer.
class held_rooms {
public:
  static constexpr std::size_t any = std::numeric_limits<std::size_t>::max();

  explicit held_rooms(held_rooms_options options = {}) : options_(options) {}

  /// A batch of these rooms waited for a lock too long.
  void timed_out(const std::vector<room_key>& rooms, instant now);
  /// Nobody holds it any more: the others that are held may be free too, and need not wait for the gap.
  void committed(const room_key& room);
  void forget(const room_key& room) { suspects_.erase(room); }

  bool empty() const { return suspects_.empty(); }
  bool is_suspect(const room_key& room) const { return suspects_.contains(room); }
  bool is_due(const room_key& room, instant now) const;
  /// How many rooms may be in a batch with it, itself included.
  std::size_t company_max(const room_key& room) const;

private:
  struct suspect {
    std::size_t company_max = any;
    milliseconds delay{0};  ///< not 0: it was held when it was alone
    instant not_before{};
  };

  held_rooms_options options_;
  std::unordered_map<room_key, suspect> suspects_;
  instant next_try_{};  ///< of any room that was held when it was alone
};

}  // namespace parley
