#pragma once

#include "loadtest/load/event_key.hpp"
#include "loadtest/load/violations.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::load {

/// What all who write and read a room must agree on: each seq is one event, in one term, with the content that its
/// publisher sent (R1, R2, R4, R6, R8, R9). It remembers the last events of each room and the sums of all; what lies
/// further back than `events_kept` is only counted. Nobody else may write in these rooms. Knows no time and no socket.
class room_check {
public:
  /// @param events_bytes_max all rooms' memory together; at least 8 events a room are kept
  explicit room_check(std::size_t rooms, std::size_t events_bytes_max = std::size_t{256} << 20);

  /// An event that a reader was shown.
  broken shown(std::size_t room, std::uint64_t seq, std::uint64_t term, event_key key, std::uint64_t digest);

  struct acknowledgement {
    std::uint64_t seq = 0, term = 0;
    bool is_duplicate = false;
    event_key key = 0;         ///< what was published
    std::uint64_t digest = 0;  ///< of its text
    /// What its sender may count on: no smaller than what was acknowledged before it was asked for, and than the
    /// session's own former ones.
    std::uint64_t floor = 0;
  };
  broken acknowledged(std::size_t room, const acknowledgement& told);
  /// A publish whose outcome stays unknown: it may be stored.
  void left_open(std::size_t room) { ++rooms_[room].open; }

  /// At the end: the seqs acknowledged have no hole, but for what was left open.
  broken complete(std::size_t room) const;

  /// The greatest seq acknowledged; 0: none.
  std::uint64_t acked(std::size_t room) const { return rooms_[room].acked_max; }
  std::size_t size() const { return rooms_.size(); }
  std::size_t events_kept() const { return mask_ + 1; }

private:
  struct kept_event {
    std::uint64_t seq = 0, term = 0;
    event_key key = -1;
    std::uint64_t digest = 0;
  };
  struct memory {
    std::uint64_t acked_min = 0, acked_max = 0, acked_count = 0, open = 0;
    std::vector<kept_event> events;  ///< by seq, the last ones; empty until the first
  };

  broken agree(memory& r, const kept_event& one, const char* rule, const char* who);

  std::vector<memory> rooms_;
  std::size_t mask_;
};

}  // namespace parley::load
