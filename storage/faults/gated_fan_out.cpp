#include "storage/faults/gated_fan_out.hpp"

#include <utility>
#include <vector>

namespace parley {

/// Stands between the adapter and the node's sink, and knows which subscriptions stand.
class gated_fan_out::gate final : public fan_out_sink {
public:
  bool is_open() const { return is_open_; }

  void lead_to(std::shared_ptr<fan_out_sink> sink) {
    const lock held(mutex_);
    sink_ = std::move(sink);
  }

  void want(const room_identity& room) {
    const lock held(mutex_);
    rooms_.insert_or_assign(room.key, standing{room.shard, false});
  }
  void want(shard_id shard) {
    const lock held(mutex_);
    shards_.insert_or_assign(shard, standing{shard, false});
  }
  void unwant(const room_key& room) {
    const lock held(mutex_);
    rooms_.erase(room);
  }
  void unwant(shard_id shard) {
    const lock held(mutex_);
    shards_.erase(shard);
  }

  void shut() {
    const lock held(mutex_);
    if (is_open_.exchange(false) && sink_ && is_up_) sink_->link_lost("stopped on purpose");
  }

  void open() {
    const lock held(mutex_);
    if (is_open_.exchange(true) || !sink_ || !is_up_) return;
    const auto rooms = confirmed_of(rooms_);  // first: the sink may subscribe meanwhile
    const auto shards = confirmed_of(shards_);
    sink_->link_restored();
    for (const auto& room : rooms) sink_->room_subscribed(room);
    for (const auto shard : shards) sink_->shard_subscribed(shard);
  }

  void room_subscribed(room_key room) override {
    const lock held(mutex_);
    if (const auto found = rooms_.find(room); found != rooms_.end()) found->second.is_confirmed = true;
    if (is_open_) sink_->room_subscribed(room);
  }
  void shard_subscribed(shard_id shard) override {
    const lock held(mutex_);
    if (const auto found = shards_.find(shard); found != shards_.end()) found->second.is_confirmed = true;
    if (is_open_) sink_->shard_subscribed(shard);
  }
  void room_published(room_envelope envelope) override {
    const lock held(mutex_);
    if (is_open_) sink_->room_published(std::move(envelope));
  }
  void beacon_published(beacon b) override {
    const lock held(mutex_);
    if (is_open_) sink_->beacon_published(std::move(b));
  }
  void link_lost(std::string reason) override {
    const lock held(mutex_);
    is_up_ = false;
    for (auto& [room, kept] : rooms_) kept.is_confirmed = false;
    for (auto& [shard, kept] : shards_) kept.is_confirmed = false;
    if (is_open_) sink_->link_lost(std::move(reason));
  }
  void link_restored() override {
    const lock held(mutex_);
    is_up_ = true;
    if (is_open_) sink_->link_restored();
  }
  void shards_lost(std::vector<shard_id> shards) override {
    const lock held(mutex_);
    for (const auto lost : shards) {
      for (auto& [room, kept] : rooms_) kept.is_confirmed = kept.is_confirmed && kept.shard != lost;
      if (const auto found = shards_.find(lost); found != shards_.end()) found->second.is_confirmed = false;
    }
    if (is_open_) sink_->shards_lost(std::move(shards));
  }

private:
  // Held while the sink is called, so that no call of the adapter's overtakes `link_lost`; and a sink may call its
  // fan-out from within.
  using lock = std::lock_guard<std::recursive_mutex>;
  struct standing {
    shard_id shard;
    bool is_confirmed;
  };

  template <class Key>
  static std::vector<Key> confirmed_of(const std::map<Key, standing>& all) {
    std::vector<Key> found;
    for (const auto& [key, standing] : all)
      if (standing.is_confirmed) found.push_back(key);
    return found;
  }

  std::recursive_mutex mutex_;
  std::atomic<bool> is_open_{true};
  bool is_up_ = false;  // these: guarded by mutex_
  std::shared_ptr<fan_out_sink> sink_;
  std::map<room_key, standing> rooms_;
  std::map<shard_id, standing> shards_;
};

gated_fan_out::gated_fan_out(fan_out& inner) : inner_(inner), gate_(std::make_shared<gate>()) {}

void gated_fan_out::set_open(bool is_open) { is_open ? gate_->open() : gate_->shut(); }
bool gated_fan_out::is_open() const { return gate_->is_open(); }

void gated_fan_out::attach(std::shared_ptr<fan_out_sink> sink) {
  gate_->lead_to(std::move(sink));
  inner_.attach(gate_);
}

// A wish is noted before it goes on: its confirmation may come at once, on another thread.
void gated_fan_out::subscribe(room_ref room) {
  gate_->want(*room);
  inner_.subscribe(std::move(room));
}

void gated_fan_out::unsubscribe(room_ref room) {
  gate_->unwant(room->key);
  inner_.unsubscribe(std::move(room));
}

void gated_fan_out::subscribe(shard_id shard) {
  gate_->want(shard);
  inner_.subscribe(shard);
}

void gated_fan_out::unsubscribe(shard_id shard) {
  gate_->unwant(shard);
  inner_.unsubscribe(shard);
}

void gated_fan_out::publish(room_ref room, room_envelope envelope) {
  if (!is_open()) return void(++dropped_);
  inner_.publish(std::move(room), std::move(envelope));
}

void gated_fan_out::publish(beacon b) {
  if (!is_open()) return void(++dropped_);
  inner_.publish(std::move(b));
}

}  // namespace parley
