#pragma once

#include "actors/core/envelopes.hpp"
#include "actors/core/heads.hpp"
#include "actors/core/time.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace parley {

/// Finds lost tails (C10): a lost last message makes no hole, so something else has to say that a room moved. For each
/// feed it keeps the shard's mark {term, n} of the snapshot in which the feed's head was last read. A poll that sees
/// another mark, and no beacon that explains it, means that the feed's head has to be read again. A poll that sees the
/// same mark proves the head, which is the moment to tell a quiet room's readers. Sans-I/O; owned by the feeds actor,
/// one per node.
class tail_watch {
public:
  /// Which feeds' heads are to be read from the primary.
  using suspects = std::vector<room_ref>;
  struct hint {
    room_ref room;
    room_head head;
  };

  /// @param head_period how often a feed may say its head, once that was proven; 0: never
  explicit tail_watch(milliseconds head_period = milliseconds{0}) : head_period_(head_period) {}

  /// @returns whether this is the first feed of its shard: subscribe to the shard's beacons
  bool added(const room_ref& room, instant now = {});
  /// @returns whether it was the last feed of its shard
  bool removed(const room_ref& room);
  /// The feed read its head in a snapshot with this mark.
  void head_read(const room_ref& room, shard_mark mark);
  /// What the beacon says to this node's feeds. It moves the marks of those that stood at its start: between `n_before`
  /// and `n` exactly the rooms that it lists changed.
  std::vector<hint> heard(const beacon& b);
  /// The answer to a poll of one shard.
  suspects polled(shard_id shard, shard_mark mark);
  /// The feeds whose heads this poll proves, and for whom it is time to say so.
  std::vector<room_ref> proven(shard_id shard, shard_mark mark, instant now);
  /// The feed's head was read just now. @returns whether it is time to say it
  bool is_head_due(const room_ref& room, instant now);
  /// The shards with feeds.
  std::vector<shard_id> shards() const;
  std::size_t feeds() const;

private:
  struct watched {
    room_ref room;
    std::optional<shard_mark> mark;  ///< none: its first head is being read
    instant head_due{};
  };
  bool take_turn(watched& feed, instant now) const;

  milliseconds head_period_;
  std::unordered_map<shard_id, std::unordered_map<room_key, watched>> shards_;
};

}  // namespace parley
