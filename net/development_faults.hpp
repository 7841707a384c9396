#pragma once

#include "actors/core/result.hpp"
#include "actors/core/time.hpp"

#include <string>
#include <vector>

namespace parley::net {

/// The faults that a page may switch on in development mode, as HTTP asks for them (docs/operations.md). Implemented
/// in node/. Thread-safe, never blocks.
class development_faults {
public:
  struct standing {
    milliseconds history_delay{};
    bool is_fan_out_running = true;
    std::vector<std::string> peers;  ///< where the other nodes serve clients, as this one was told: `http://HOST:PORT`
    bool may_kill = false;           ///< another node lives, and goes on
  };
  struct room_owner {
    std::string node;
    std::string address;  ///< where it serves clients; empty: this node was not told
  };

  virtual ~development_faults() = default;

  virtual standing now() const = 0;
  /// Every page that joins and `history` read waits so long before the store is asked. @param delay 0 to 10 s
  virtual void delay_history(milliseconds delay) = 0;
  /// This node's live path: as if its server were away, or as it is.
  virtual void run_fan_out(bool is_running) = 0;
  /// @returns `unavailable`: nobody owns it now, or the store does not answer
  virtual void owner_of(const std::string& room, completion<room_owner> done) = 0;
  /// Ends the process as kill -9 does. The caller has seen that it may.
  [[noreturn]] virtual void kill() = 0;
};

}  // namespace parley::net
