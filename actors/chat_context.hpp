#pragma once

#include "actors/boot_now.hpp"
#include "actors/chat_options.hpp"
#include "actors/chat_probe.hpp"
#include "actors/ports/event_log.hpp"
#include "actors/ports/fan_out.hpp"
#include "actors/ports/live_front.hpp"
#include "actors/ports/log.hpp"
#include "actors/ports/ownership_log.hpp"
#include "actors/ports/peer_network.hpp"
#include "actors/ports/shard_map_log.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace parley {

/// One database's ports; they belong to the composition root and outlive the actors.
struct database_ports {
  event_log* log = nullptr;
  ownership_log* owners = nullptr;
  shard_map_log* places = nullptr;  ///< of the home database; null: no shard of this node ever moves
  event_log* reads = nullptr;       ///< where feeds and `history` read events; null: `log`
};

/// Until when this node's lease in one database is provably valid, on its own boot clock. Written by the ownership
/// actor, read by that database's shards: one number, so that a renewal costs no message per shard.
class lease_clock {
public:
  void extend(instant until) { until_.store(until.time_since_epoch().count(), std::memory_order_release); }
  bool is_valid(instant now) const { return now.time_since_epoch().count() < until_.load(std::memory_order_acquire); }

  /// An unbroken stretch of the lease. A renewal after a break is for shards that are claimed anew: those of before may
  /// be another node's, though the word that they are closed is still on its way to them.
  std::uint64_t era() const { return era_.load(std::memory_order_acquire); }
  void begin_era() { era_.fetch_add(1, std::memory_order_release); }  ///< before `extend`
  /// Looks at the time first: one that was extended by a later era shows that era as well.
  bool is_valid_in(std::uint64_t era, instant now) const { return is_valid(now) && era == this->era(); }

  std::atomic<std::size_t> shards{0};  ///< held under it, as far as this node knows

private:
  std::atomic<std::int64_t> until_{0};
  std::atomic<std::uint64_t> era_{0};
};

/// What every actor of a node may use. Immutable, but for the counters and the routes, which the router alone changes;
/// holds no actor handle.
struct chat_context {
  chat_options options;
  std::vector<database_ports> databases;
  std::vector<fan_out*> endpoints;
  peer_network* peers = nullptr;  ///< null: this node has no links
  live_front* front = nullptr;
  parley::log* log = nullptr;
  chat_probe* probe = nullptr;
  const machine_clock* clock = &this_machine();
  std::function<void(const cluster_node&)> name_taken;  ///< by a node that was there before; on an actor's thread, once
  std::atomic<bool> is_name_taken{false};
  std::vector<std::unique_ptr<lease_clock>> leases;  ///< per database
  std::atomic<std::size_t> shards_owned{0};
  std::atomic<std::size_t> shards_elsewhere{0};  ///< that a node with a standing lease owns, as last seen
  std::atomic<bool> is_stopping{false};

  event_log& log_of(shard_id shard) const { return *databases[options.routes[shard.value].database.value].log; }
  event_log& reads_of(shard_id shard) const { return *databases[options.routes[shard.value].database.value].reads; }

  void publish(const room_ref& room, room_envelope envelope) const {
    const auto where = options.routes.endpoints_of(room->shard);
    if (where.former) endpoints[*where.former]->publish(room, envelope);
    endpoints[where.present]->publish(room, std::move(envelope));
  }
  void publish(beacon b) const {
    const auto where = options.routes.endpoints_of(b.shard);
    if (where.former) endpoints[*where.former]->publish(b);
    endpoints[where.present]->publish(std::move(b));
  }
};
using context_ptr = std::shared_ptr<chat_context>;

}  // namespace parley
