#pragma once

#include "actors/chat_context.hpp"
#include "actors/chat_options.hpp"
#include "actors/chat_probe.hpp"
#include "actors/ports/conversation.hpp"
#include "actors/ports/live_front.hpp"
#include "actors/ports/log.hpp"
#include "actors/ports/peer_network.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley {

/// The actor system as one object: what the composition root starts and stops, and where the front gets its
/// conversations. The ports belong to the caller and outlive it.
class chat final : public reception {
public:
  chat(chat_options options, std::vector<database_ports> databases, std::vector<fan_out*> endpoints, parley::log& log,
       chat_probe& probe, const machine_clock& clock = this_machine(), peer_network* peers = nullptr);
  ~chat() override;

  /// Spawns the actors and begins to claim shards. Once.
  /// @param name_taken  another node runs under this one's name, and was there first: on an actor's thread, once
  void start(live_front& front, std::function<void(const cluster_node&)> name_taken = {});
  /// Does it know an owner for every shard, itself or another node?
  bool is_ready() const;
  /// As far as it knows: while a database is out of reach, another node may have taken them.
  std::size_t shards_owned() const;
  /// Those of them whose lease it can prove now.
  std::size_t shards_leased() const;
  std::shared_ptr<conversation> open(std::shared_ptr<session_port> session, std::string instance) override;
  /// Hands every shard over to other nodes, sessions go on: `left` runs when none is left here, or nobody is there to
  /// take them, on whatever thread. @returns false: it does not run
  bool leave(std::function<void()> left);
  /// After the front has closed its sessions: commits what is under way, gives the shards back, ends every actor.
  /// Blocks, at most about `release_wait`; for the main thread.
  void stop();

  /// `stop` in two steps, for who may not block: no new sessions from now on; `released` runs once the shards are given
  /// back, on whatever thread. @returns false: it does not run, or was released before
  bool release(std::function<void()> released);
  /// Every actor ends as it stands, with or without `release`: nothing more is committed or given back.
  void end();

  /// For who runs the scheduler by hand (`chat_options::workers` 0): a simulation.
  caf::actor_system& system();

private:
  struct running;
  std::unique_ptr<running> running_;
};

}  // namespace parley
