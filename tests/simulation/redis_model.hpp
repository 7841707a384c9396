#pragma once

#include "actors/ports/fan_out.hpp"
#include "tests/simulation/host.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::simulation {

struct redis_tally {
  std::uint64_t published = 0, delivered = 0, dropped = 0, doubled = 0, reordered = 0, links_lost = 0;
};

/// One Redis endpoint: at most once, in order per connection, everything forgotten by a restart. During a failover
/// publishers and subscribers may stand at different servers: then nothing arrives and nobody is told.
class redis_model {
public:
  redis_model(agenda& time, address where) : time_(time), host_(std::make_shared<host>(time, where)) {}

  using channel = std::pair<bool, std::string>;  ///< beacon or room, and its name
  struct copy {
    std::shared_ptr<const room_envelope> envelope;
    std::shared_ptr<const beacon> word;
  };
  /// A subscriber's connection: how a message goes out to it.
  struct subscriber {
    std::function<void(const copy&)> send;
  };

  const host_ptr& machine_ptr() { return host_; }
  bool is_up() const { return is_up_; }
  void subscribe(std::uint64_t who, const channel& what, subscriber how);
  void unsubscribe(std::uint64_t who, const channel& what) { channels_[what].erase(who); }
  void gone(std::uint64_t who);
  void publish(const channel& what, const copy& message);

  void stop();
  void start() { is_up_ = true; }
  void set_split(bool on) { is_split_ = on; }
  /// A shim between publishers and this server: percent of messages dropped, sent twice, or held back.
  void set_shim(unsigned dropped, unsigned doubled, unsigned held) {
    dropped_percent_ = dropped;
    doubled_percent_ = doubled;
    held_percent_ = held;
  }
  std::uint64_t new_subscriber() { return ++last_; }
  redis_tally& tally() { return tally_; }
  const redis_tally& tally() const { return tally_; }

private:
  void deliver(const channel& what, const copy& message);

  agenda& time_;
  host_ptr host_;
  std::map<channel, std::map<std::uint64_t, subscriber>> channels_;
  std::uint64_t last_ = 0;
  bool is_up_ = true;
  bool is_split_ = false;
  unsigned dropped_percent_ = 0, doubled_percent_ = 0, held_percent_ = 0;
  redis_tally tally_;
};

/// A node's adapter for one endpoint: one connection that subscribes and one that publishes, as storage/redis keeps
/// them: subscriptions confirmed, made again after a loss; a dead link noticed by its canary.
class redis_link final : public fan_out {
public:
  redis_link(agenda& time, network& net, host_ptr node, redis_model& server);

  void cut();

  void attach(std::shared_ptr<fan_out_sink> sink) override;
  void subscribe(room_ref room) override;
  void unsubscribe(room_ref room) override;
  void subscribe(shard_id shard) override;
  void unsubscribe(shard_id shard) override;
  void publish(room_ref room, room_envelope envelope) override;
  void publish(beacon b) override;

private:
  struct core;
  std::shared_ptr<core> core_;
};

}  // namespace parley::simulation
