#pragma once

#include "actors/ports/fan_out.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace parley::fidelity {

/// Writes down what a fan-out tells, in words that two worlds can share.
class told_sink final : public fan_out_sink {
public:
  void room_subscribed(room_key room) override { note("subscribed " + name(room)); }
  void shard_subscribed(shard_id shard) override { note("subscribed shard " + std::to_string(shard.value)); }
  void room_published(room_envelope e) override {
    std::string what = name(e.room) + "/" + std::to_string(e.before.seq.value) + ":";
    for (const auto& one : e.events) what += std::to_string(one->seq.value);
    note(what);
  }
  void beacon_published(beacon b) override {
    note("beacon " + std::to_string(b.shard.value) + "/" + std::to_string(b.number));
  }
  void link_lost(std::string) override { note("lost"); }
  void link_restored() override { note("restored"); }
  void shards_lost(std::vector<shard_id> shards) override { note("lost " + std::to_string(shards.size()) + " shards"); }

  std::vector<std::string> told() const {
    std::lock_guard lock(mutex_);
    return told_;
  }
  /// Runs before each later word, on the adapter's thread.
  std::function<void()> before_each = [] {};

private:
  static std::string name(const room_key& room) { return "room" + std::to_string(room.bytes[0]); }
  void note(std::string what) {
    before_each();
    std::lock_guard lock(mutex_);
    told_.push_back(std::move(what));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> told_;
};

}  // namespace parley::fidelity
