#pragma once

#include "actors/core/time.hpp"
#include "actors/ports/fan_out.hpp"
#include "tests/simulation/host.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parley::simulation {

struct redis_tally {
  std::uint64_t published = 0, delivered = 0, dropped = 0, doubled = 0, reordered = 0, links_lost = 0, slots_moved = 0;
};

/// One Redis endpoint: at most once, in order per connection, everything forgotten by a restart. During a failover
/// publishers and subscribers may stand at different servers: then nothing arrives, the publisher's canaries neither.
/// As a Redis Cluster it may hand a shard's slot from one master to another: the subscriptions there end, and until
/// publishers know the new place, some of what they send is lost.
class redis_model {
public:
  redis_model(agenda& time, address where) : time_(time), host_(std::make_shared<host>(time, where)) {}

  /// What travels on a channel: one of the three.
  struct copy {
    std::shared_ptr<const room_envelope> envelope;
    std::shared_ptr<const beacon> word;
    std::uint64_t canary = 0;
  };
  using deliver = std::function<void(const copy&)>;

  const host_ptr& machine_ptr() { return host_; }
  bool is_up() const { return is_up_; }
  /// A connection arrives. @returns its number
  std::uint64_t open(const wire_ptr& from);
  /// @param ended the server itself ended the subscription
  void subscribe(std::uint64_t who, const std::string& channel, deliver how, std::function<void()> ended);
  void unsubscribe(std::uint64_t who, const std::string& channel);
  void gone(std::uint64_t who);
  std::uint64_t new_name() { return ++last_; }
  void publish(const std::string& channel, const copy& message);

  void stop();
  void start() { is_up_ = true; }
  void set_split(bool on) { is_split_ = on; }
  /// The channels whose names begin so go to another master; for so long publishers may not know.
  void move_slot(const std::string& tag, nanoseconds unknown_for);
  /// A shim between publishers and this server: percent of messages dropped, sent twice, or held back.
  void set_shim(unsigned dropped, unsigned doubled, unsigned held) {
    dropped_percent_ = dropped;
    doubled_percent_ = doubled;
    held_percent_ = held;
  }
  /// CLIENT KILL TYPE pubsub, or normal: a connection is a subscriber while it has a subscription.
  void kill_clients(bool subscribers);
  /// client-output-buffer-limit: a subscriber for which more messages wait is cut off.
  void set_waiting_max(std::size_t messages) { waiting_max_ = messages; }
  std::size_t subscribers() const;
  redis_tally& tally() { return tally_; }
  const redis_tally& tally() const { return tally_; }

private:
  struct subscription {
    deliver how;
    std::function<void()> ended;
  };
  struct client {
    std::weak_ptr<wire> to;
    std::map<std::string, subscription> channels;
  };
  bool is_misled(const std::string& channel);
  void hand_out(const std::string& channel, const copy& message);
  void kill(std::uint64_t who);

  agenda& time_;
  host_ptr host_;
  std::map<std::uint64_t, client> clients_;
  std::uint64_t last_ = 0;
  bool is_up_ = true;
  bool is_split_ = false;
  std::map<std::string, instant> moved_;  ///< tag, and until when publishers may not know
  unsigned dropped_percent_ = 0, doubled_percent_ = 0, held_percent_ = 0;
  std::size_t waiting_max_ = SIZE_MAX;
  redis_tally tally_;
};

}  // namespace parley::simulation
