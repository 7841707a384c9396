#pragma once

#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

namespace parley {

/// The contiguous recent events that a feed keeps in memory: everything after `before`, up to `last`.
/// Bounded by count and by bytes; the oldest leave.
class window {
public:
  explicit window(std::size_t events_max = 256, std::size_t bytes_max = 256 * 1024)
      : events_max_(events_max), bytes_max_(bytes_max) {}

  /// Forgets everything; the next event must follow `at`.
  void restart(position at);
  /// The event must follow `last()`.
  void append(event_ptr e);
  /// Drops what lies at or below the floor.
  void trim(position floor);

  position before() const { return before_; }
  position last() const { return events_.empty() ? before_ : events_.back()->at_position(); }
  bool is_empty() const { return events_.empty(); }
  std::size_t size() const { return events_.size(); }
  /// Is everything after this seq here?
  bool covers_after(seq s) const { return s >= before_.seq; }
  /// The term of the event at `s`, or of the position before the first; none: not in the window.
  std::optional<term> term_at(seq s) const;
  /// Everything after `s`, at most `limit`. Requires covers_after(s).
  event_list after(seq s, std::size_t limit) const;

private:
  void drop_oldest();

  std::size_t events_max_;
  std::size_t bytes_max_;
  position before_;
  std::deque<event_ptr> events_;
  std::size_t bytes_ = 0;
};

/// What one batch holds at the most, in memory; one larger event makes a batch of its own. An escaped JSON string can
/// be six times as long, and many clients take no message over 1 MiB.
inline constexpr std::size_t batch_bytes_max = 128 * 1024;
/// The same events in batches of at most this many bytes each, none empty.
std::vector<event_list> in_batches(event_list events, std::size_t bytes_max = batch_bytes_max);

/// About how much memory an event holds.
std::size_t size_bytes(const event& e);

}  // namespace parley
