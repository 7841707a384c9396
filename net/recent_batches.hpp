#pragma once

#include "actors/core/replies.hpp"
#include "net/codec/wire_form.hpp"

#include <array>
#include <cstddef>

namespace parley::net {

/// The history batches that one thread encoded last. Many who join a room at once are sent the same events, in a few
/// wire forms: one encoding serves them all, as one live frame does. An entry holds the very events that it was made
/// of, and serves these only, so that it cannot be out of date; one that nobody asked for between two sweeps goes.
/// Bounded by `entries` times a batch's size (window.hpp).
class recent_batches {
public:
  /// The complete bytes of the push.
  block bytes(wire_form form, const push::batch& what);
  void sweep();

private:
  static constexpr std::size_t entries = 8;
  static constexpr std::size_t events_min = 4;  ///< fewer are encoded sooner than they are looked for
  struct entry {
    wire_form form{};
    push::batch what;
    block bytes;
    bool is_used = false;
  };
  std::array<entry, entries> entries_;
};

}  // namespace parley::net
