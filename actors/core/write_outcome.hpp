#pragma once

#include "actors/core/event.hpp"
#include "actors/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace parley {

/// Names a queued draft between a room and its writer; unique within the room actor's life.
using ticket = strong<struct ticket_tag, std::uint64_t>;

/// How a draft ended, as the shard writer knows it.
namespace outcome {

/// Committed, known for sure. May be acknowledged, published and shown (C5).
struct committed {
  event_ptr event;
  parley::digest digest;  ///< the draft's, for the dedup window
};
/// The key was stored before, by an earlier attempt of anybody. Nothing new was written.
struct duplicate {
  position first;
  unix_time at;
  std::optional<parley::digest> digest;
};
/// Nothing was stored, and will not be.
struct not_stored {};
/// The store refuses this very content. Nothing was stored.
struct refused {};
/// It may be stored.
struct unknown {};
/// When its turn came, no message had the seq that it replies to. Nothing was stored; its neighbours went on.
struct no_target {};

}  // namespace outcome

struct write_outcome {
  parley::ticket ticket;
  std::variant<outcome::committed, outcome::duplicate, outcome::not_stored, outcome::refused, outcome::unknown,
               outcome::no_target>
      how;
};

}  // namespace parley
