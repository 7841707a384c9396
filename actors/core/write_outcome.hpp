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

/// How often the writer failed drafts of a room in a way that breaks the order, since the room was opened with it. A
/// draft carries how many of them its room had heard of: one that left too early to know must not be stored behind what
/// failed (C16).
using failure_count = std::uint64_t;

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

/// After this the sender repeats, and nothing that it sent before it heard may be stored (C16).
inline bool breaks_order(const write_outcome& o) {
  return std::holds_alternative<outcome::not_stored>(o.how) || std::holds_alternative<outcome::unknown>(o.how);
}

}  // namespace parley
