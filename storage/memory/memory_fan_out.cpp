#include "storage/memory/memory_fan_out.hpp"

#include <utility>

namespace parley {

memory_fan_out::memory_fan_out(std::size_t waiting_max) : waiting_max_(waiting_max), thread_([this] { run(); }) {}

memory_fan_out::~memory_fan_out() {
  {
    std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void memory_fan_out::attach(std::shared_ptr<fan_out_sink> sink) { put(std::move(sink)); }
void memory_fan_out::subscribe(room_ref room) { put(interest<room_key>{room->key, true}); }
void memory_fan_out::unsubscribe(room_ref room) { put(interest<room_key>{room->key, false}); }
void memory_fan_out::subscribe(shard_id shard) { put(interest<shard_id>{shard, true}); }
void memory_fan_out::unsubscribe(shard_id shard) { put(interest<shard_id>{shard, false}); }
void memory_fan_out::publish(room_ref, room_envelope envelope) { put(message{std::move(envelope)}); }
void memory_fan_out::publish(beacon b) { put(message{std::move(b)}); }

void memory_fan_out::put(call c) {
  {
    std::lock_guard lock(mutex_);
    if (std::holds_alternative<message>(c) && ++messages_ > waiting_max_)
      drop_all();
    else
      waiting_.push_back(std::move(c));
  }
  changed_.notify_one();
}

/// Only messages: a wish that is lost would never be told. There are as many wishes as the caller has feeds.
void memory_fan_out::drop_all() {
  std::erase_if(waiting_,
                [](const call& c) { return std::holds_alternative<message>(c) || std::holds_alternative<overrun>(c); });
  messages_ = 0;
  // Behind the wishes: they were made before, and are to be told as lost too.
  waiting_.push_back(overrun{});
}

void memory_fan_out::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
    if (is_ending_) return;
    call c = std::move(waiting_.front());
    waiting_.pop_front();
    if (std::holds_alternative<message>(c)) --messages_;
    lock.unlock();
    std::visit([this](auto& each) { carry_out(each); }, c);
    lock.lock();
  }
}

void memory_fan_out::carry_out(std::shared_ptr<fan_out_sink>& sink) {
  sink_ = std::move(sink);
  sink_->link_restored();
}

void memory_fan_out::carry_out(const interest<room_key>& wish) {
  if (!wish.is_wanted) {
    rooms_.erase(wish.id);
    return;
  }
  rooms_.insert(wish.id);
  if (sink_) sink_->room_subscribed(wish.id);
}

void memory_fan_out::carry_out(const interest<shard_id>& wish) {
  if (!wish.is_wanted) {
    shards_.erase(wish.id);
    return;
  }
  shards_.insert(wish.id);
  if (sink_) sink_->shard_subscribed(wish.id);
}

void memory_fan_out::carry_out(message& m) {
  if (!sink_) return;
  if (auto* events = std::get_if<room_envelope>(&m)) {
    if (rooms_.contains(events->room)) sink_->room_published(std::move(*events));
  } else if (auto* news = std::get_if<beacon>(&m)) {
    if (shards_.contains(news->shard)) sink_->beacon_published(std::move(*news));
  }
}

/// In its place in the queue: what was dropped lies before every message that waits behind it.
void memory_fan_out::carry_out(const overrun&) {
  if (!sink_) return;
  sink_->link_lost("more messages waited than fit");
  sink_->link_restored();
  for (const room_key& room : rooms_) sink_->room_subscribed(room);
  for (shard_id shard : shards_) sink_->shard_subscribed(shard);
}

}  // namespace parley
