#pragma once

#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"

#include <cstdint>
#include <vector>

namespace parley {

/// A copy of committed events of one room. `before` is the position before the first.
struct room_envelope {
  room_key room;
  position before;
  event_list events;
};

/// A small message of a shard's owner: which rooms moved, and their heads (C10).
struct beacon {
  struct entry {
    room_key room;
    room_head head;
    friend bool operator==(const entry&, const entry&) = default;
  };
  shard_id shard;
  parley::term term;
  std::uint64_t number = 0;  ///< 1, 2, 3, ... within a term
  attempt n_before;          ///< `n` at the beacon before
  attempt n;
  std::vector<entry> heads;

  friend bool operator==(const beacon&, const beacon&) = default;
};

}  // namespace parley
