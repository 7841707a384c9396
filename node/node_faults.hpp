#pragma once

#include "actors/chat_context.hpp"
#include "actors/ports/fan_out.hpp"
#include "actors/ports/log.hpp"
#include "net/development_faults.hpp"
#include "node/development_peer.hpp"
#include "node/io_thread.hpp"
#include "node/metrics.hpp"
#include "node/node_options.hpp"
#include "node/stores.hpp"
#include "storage/faults/delayed_event_log.hpp"
#include "storage/faults/gated_fan_out.hpp"
#include "storage/faults/watched_ownership_log.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parley {

/// In development mode, on loopback, unless an operator said no.
bool allows_faults(const node_options& options);

/// The faults of docs/operations.md: the stores' ports with decorators before them, and what HTTP asks of those.
/// Outlives the actors; the stores' threads end before it does.
class node_faults final : public net::development_faults {
public:
  /// @param self      this life of this node
  /// @param instance  of development users
  node_faults(const node_options& options, const node_identity& self, std::string instance, stores& beneath, log& out,
              metrics& counted);
  ~node_faults() override { stop(); }

  /// Where this node serves clients, `http://HOST:PORT`. Before the first question, once.
  void serve_at(std::string address) { address_ = std::move(address); }
  std::vector<database_ports> databases() const { return databases_; }
  std::vector<fan_out*> endpoints() const;
  /// After the actors: no page waits any more. Blocks; idempotent.
  void stop();

  standing now() const override;
  void delay_history(milliseconds delay) override;
  void run_fan_out(bool is_running) override;
  void owner_of(const std::string& room, completion<room_owner> done) override;
  [[noreturn]] void kill() override;

private:
  void ask_owner(std::size_t database, shard_id shard, completion<room_owner> done);
  std::string address_of(const std::string& node) const;

  const node_identity self_;
  const std::string instance_;
  const std::uint32_t shards_;
  log& out_;
  std::string address_;
  std::vector<development_peer> peers_;  // the others
  io_thread thread_{"faults"};
  std::vector<database_ports> databases_;
  std::vector<std::unique_ptr<delayed_event_log>> reads_;          // one per database
  std::vector<std::unique_ptr<watched_ownership_log>> ownership_;  // one per database
  std::vector<std::unique_ptr<gated_fan_out>> endpoints_;
};

/// @returns null where none are allowed: the ports are the adapters' own then
std::unique_ptr<node_faults> open_faults(const node_options& options, const node_identity& self, stores& beneath,
                                         log& out, metrics& counted);

}  // namespace parley
