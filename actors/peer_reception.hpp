#pragma once

#include "actors/chat_context.hpp"
#include "actors/ownership_messages.hpp"
#include "actors/ports/peer_network.hpp"

#include <caf/actor_system.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace parley {

/// Gives each link that another node opens an actor of its own. Thread-safe.
class peer_reception final : public peer_door {
public:
  peer_reception(caf::actor_system& system, context_ptr context, msg::house house);
  ~peer_reception() override;

  std::shared_ptr<peer_link_sink> accepted(node_identity who, std::shared_ptr<peer_link> link) override;
  /// Takes no link any more, and ends the actors of those that stand.
  void end();

private:
  class sink;

  caf::actor_system& system_;
  context_ptr context_;
  std::mutex mutex_;
  msg::house house_;
  std::vector<std::weak_ptr<sink>> sinks_;
  std::uint64_t last_number_ = 0;
  bool is_ended_ = false;
};

}  // namespace parley
