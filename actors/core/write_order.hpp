#pragma once

#include "actors/core/replies.hpp"
#include "actors/core/write_gate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley {

/// A session's writes, by room: they are answered in the order in which they were sent, however they end. Each carries
/// its room's current `round` (see write_gate). A room keeps its round while writes of it wait: what is sent behind a
/// write that fails later must fail too, or it would overtake the repeat. After a failure that breaks the order the
/// next round so begins once nothing of the room waits. A session that goes on sending without a pause would never get
/// there: after 1,024 writes that it sent in spite of a failure that it was told, it is let through. A room without
/// waiting writes begins with the session's largest round, so that nothing is kept for it.
class write_order {
public:
  struct place {
    std::uint64_t number = 0;  ///< within the session
    write_gate::round round = 0;
  };

  place sent(const std::string& room);
  /// @returns what may be said now, in order: nothing while an earlier write of the room waits
  std::vector<server_message> answered(const std::string& room, std::uint64_t number, server_message answer);
  std::size_t waiting() const { return waiting_; }

private:
  struct waiting_write {
    std::uint64_t number;
    write_gate::round round;
    std::optional<server_message> answer;
  };

  struct room_writes {
    write_gate::round round;
    bool has_failed = false;                  ///< one of this round was told
    std::size_t in_spite = 0;                 ///< sent since then
    std::vector<waiting_write> waiting = {};  ///< few: a deque would allocate a block for the first one
  };

  std::unordered_map<std::string, room_writes> rooms_;
  write_gate::round round_ = 1;  ///< the largest given
  std::uint64_t last_number_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace parley
