#pragma once

#include "actors/ports/fan_out.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace parley {

/// A fan-out that can be told to behave as if its server were away, and as if it came back: a development node's fault.
/// While it is shut, what is published is dropped, nothing arrives, and its sink was told `link_lost`; when it opens,
/// the sink is told `link_restored` and each subscription that stands. The adapter beneath keeps its links and its
/// subscriptions all the while, whatever kind it is. Passes tests/contract/fan_out_test.cpp as well.
class gated_fan_out final : public fan_out {
public:
  /// @param inner  outlives it; nobody else attaches to it
  explicit gated_fan_out(fan_out& inner);

  /// Thread-safe; not from within the sink's own calls. Repeats change nothing.
  void set_open(bool is_open);
  bool is_open() const;
  /// Messages that were published while it was shut.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  void attach(std::shared_ptr<fan_out_sink> sink) override;
  void subscribe(room_ref room) override;
  void unsubscribe(room_ref room) override;
  void subscribe(shard_id shard) override;
  void unsubscribe(shard_id shard) override;
  void publish(room_ref room, room_envelope envelope) override;
  void publish(beacon b) override;

private:
  class gate;

  fan_out& inner_;
  std::shared_ptr<gate> gate_;  // the adapter's sink
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace parley
