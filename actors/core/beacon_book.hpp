#pragma once

#include "actors/core/envelopes.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace parley {

/// Makes an owner's beacons of one shard (C10a): soon after activity one that lists the heads that changed, then the
/// same one again for some periods, since the last beacon can be lost too. Sans-I/O; owned by the shard actor.
class beacon_book {
public:
  explicit beacon_book(shard_id shard, std::size_t heads_max = 1000, unsigned repeats = 3)
      : shard_(shard), heads_max_(heads_max), repeats_(repeats) {}

  /// A new term: the chain begins at `n`.
  void opened(shard_mark mark);
  void moved(shard_mark mark, const std::vector<beacon::entry>& heads);
  /// Once per period. @returns the beacon to send, if there is news or a repeat is due
  std::optional<beacon> due();
  bool has_news() const { return is_changed_ || repeats_left_ > 0; }

private:
  shard_id shard_;
  std::size_t heads_max_;
  unsigned repeats_;
  shard_mark told_;
  shard_mark now_;
  std::uint64_t number_ = 0;
  bool is_changed_ = false;
  bool is_incomplete_ = false;  ///< too many heads for one beacon: it must not claim to list them all
  unsigned repeats_left_ = 0;
  std::vector<beacon::entry> heads_;
  std::optional<beacon> last_;
};

}  // namespace parley
