#pragma once

#include "actors/core/ids.hpp"

namespace parley {

/// A room's newest committed position, and the floor below which its log was taken away.
struct room_head {
  position head;
  position floor;

  friend bool operator==(const room_head&, const room_head&) = default;
};

/// {term, n} of a shard as one snapshot saw it: two equal ones mean that no room of the shard changed in between.
struct shard_mark {
  parley::term term;
  attempt n;

  friend bool operator==(const shard_mark&, const shard_mark&) = default;
};

/// A room's head with the shard's mark of the same snapshot.
struct marked_head {
  room_head head;
  shard_mark mark;

  friend bool operator==(const marked_head&, const marked_head&) = default;
};

}  // namespace parley
