#pragma once

#include "loadtest/load/answers.hpp"
#include "loadtest/load/violations.hpp"

#include <cstdint>
#include <optional>

namespace parley::load {

/// What one reader of one room must see (R3, R7, R10, R15 of docs/testing.md), join after join. It goes on from what
/// it was shown, so that one mistake of a node is one violation. Knows no time and no socket.
class stream_check {
public:
  /// @param expects_resets whether the run makes failovers that lose a tail: a `reset` gap is no violation then
  explicit stream_check(bool expects_resets = false) : expects_resets_(expects_resets) {}

  /// A join was asked for: from what is stored, or from where this reader stands.
  /// @param acked the greatest seq of the room acknowledged so far: the join's head must not lie below it
  void asked(bool is_resume, std::uint64_t acked);
  broken joined(position start, position head, std::optional<bool> recovered);
  /// Before a batch's events.
  broken batch(std::uint64_t prev, bool is_history);
  broken event(std::uint64_t seq, std::uint64_t term);
  broken live(position at);
  broken catching_up(position at);
  broken gap(std::uint64_t from, position to, gap_reason reason);
  /// At the end: it must be live, and have come at least this far.
  broken reached(std::uint64_t seq) const;
  /// The connection ended.
  void lost() { state_ = state::none; }

  position last() const { return last_; }
  bool is_live() const { return state_ == state::live; }
  /// Whether there is a position to resume from.
  bool has_begun() const { return has_begun_; }

private:
  enum class state : std::uint8_t { none, history, live };

  broken must_follow(const char* what);

  position last_, head_;
  std::uint64_t acked_ = 0;
  state state_ = state::none;
  bool is_resume_ = false, has_begun_ = false, has_been_live_ = false, expects_gap_ = false, expects_resets_ = false;
};

}  // namespace parley::load
