#pragma once

#include "actors/ports/fan_out.hpp"
#include "actors/ports/log.hpp"
#include "storage/memory/memory_fan_out.hpp"
#include "storage/redis/redis_fan_out.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/private_redis.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace parley::testing {

class silent_log final : public log {
public:
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

/// Keeps everything that a sink was told, in order.
class recording_sink final : public fan_out_sink {
public:
  void room_subscribed(room_key room) override { note("room_subscribed " + room.hex()); }
  void shard_subscribed(shard_id shard) override { note("shard_subscribed " + std::to_string(shard.value)); }
  void room_published(room_envelope e) override {
    std::string what = "room_published " + e.room.hex();
    {
      std::lock_guard lock(mutex_);
      envelopes_.push_back(std::move(e));
    }
    note(std::move(what));
  }
  void beacon_published(beacon b) override {
    std::string what = "beacon_published " + std::to_string(b.shard.value);
    {
      std::lock_guard lock(mutex_);
      beacons_.push_back(std::move(b));
    }
    note(std::move(what));
  }
  void link_lost(std::string) override { note("link_lost"); }
  void link_restored() override { note("link_restored"); }
  void shards_lost(std::vector<shard_id> shards) override {
    for (const auto shard : shards) note("shard_lost " + std::to_string(shard.value));
  }

  /// Runs inside every later call, on the adapter's thread. What it refers to must outlive the adapter.
  void on_call(std::function<void(const std::string&)> run) {
    std::lock_guard lock(mutex_);
    on_call_ = std::move(run);
  }

  std::vector<std::string> calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<room_envelope> envelopes() const {
    std::lock_guard lock(mutex_);
    return envelopes_;
  }
  std::vector<beacon> beacons() const {
    std::lock_guard lock(mutex_);
    return beacons_;
  }
  std::size_t count(std::string_view call) const {
    std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count(calls_.begin(), calls_.end(), call));
  }

private:
  void note(std::string call) {
    std::function<void(const std::string&)> run;
    {
      std::lock_guard lock(mutex_);
      calls_.push_back(call);
      run = on_call_;
    }
    if (run) run(call);
  }

  mutable std::mutex mutex_;
  std::function<void(const std::string&)> on_call_;
  std::vector<std::string> calls_;
  std::vector<room_envelope> envelopes_;
  std::vector<beacon> beacons_;
};

/// The embedded node's: what publishes also reads.
class memory_rig {
public:
  memory_rig() { fan_out_.attach(sink_); }

  fan_out& writer() { return fan_out_; }
  fan_out& reader() { return fan_out_; }
  recording_sink& sink() { return *sink_; }

private:
  std::shared_ptr<recording_sink> sink_ = std::make_shared<recording_sink>();
  memory_fan_out fan_out_;
};

class counting_probe final : public redis_probe {
public:
  void link_opened() override { ++links; }
  void link_lost() override { --links; }
  void open_failed() override { ++opens_failed; }
  void messages_dropped(std::size_t count) override { dropped += count; }
  void message_refused() override { ++refused; }
  void foreign_message() override { ++foreign; }
  void canary_returned(std::chrono::nanoseconds) override { ++canaries; }
  void half_open_found() override { ++half_open; }

  std::atomic<std::size_t> links{0}, opens_failed{0}, dropped{0}, refused{0}, foreign{0}, canaries{0}, half_open{0};
};

/// One node's fan-out over Redis, on a thread of its own.
class redis_node {
public:
  explicit redis_node(redis_options options) : redis_node(std::move(options), nullptr) {}
  /// @param out  outlives it
  redis_node(redis_options options, log* out) : fan_out_(io_, std::move(options), out ? *out : silent_, probe_) {
    fan_out_.attach(sink_);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~redis_node() {
    fan_out_.stop();
    work_.reset();
    thread_.join();  // `stop` leaves nothing to wait for: a handler that stayed would hang here
  }

  redis_fan_out& fan_out() { return fan_out_; }
  recording_sink& sink() { return *sink_; }
  const counting_probe& probe() const { return probe_; }
  bool is_up_again(std::size_t times) const { return sink_->count("link_restored") >= times; }

private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  silent_log silent_;
  counting_probe probe_;
  std::shared_ptr<recording_sink> sink_ = std::make_shared<recording_sink>();
  redis_fan_out fan_out_;
  std::thread thread_;
};

inline redis_options options_for(const private_redis& server) {
  redis_options options;
  options.url = server.url();
  options.cluster_id = "c1";
  options.retry_delay_max = milliseconds{100};
  return options;
}

/// Two nodes and their server.
class redis_rig {
public:
  redis_rig() : redis_rig({}) {}
  explicit redis_rig(std::initializer_list<std::string_view> settings)
      : server_(settings), writer_(options_for(server_)), reader_(options_for(server_)) {
    writer_.fan_out().start();
    reader_.fan_out().start();
    if (!eventually([this] { return writer_.is_up_again(1) && reader_.is_up_again(1); }))
      throw std::runtime_error("the links do not open");
  }

  fan_out& writer() { return writer_.fan_out(); }
  fan_out& reader() { return reader_.fan_out(); }
  recording_sink& sink() { return reader_.sink(); }
  private_redis& server() { return server_; }
  redis_node& writer_node() { return writer_; }
  redis_node& reader_node() { return reader_; }

private:
  private_redis server_;
  redis_node writer_, reader_;
};

inline room_ref room_number(std::uint32_t number) {
  room_identity room{"main", "r" + std::to_string(number), {}, shard_id{number % 256}};
  for (std::size_t i = 0; i < 4; ++i) room.key.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return std::make_shared<room_identity>(std::move(room));
}

/// Events of the room, `count` of them, from `first` on.
inline room_envelope events_from(const room_ref& room, std::uint64_t first, std::size_t count = 1,
                                 std::string text = "hello") {
  room_envelope made{room->key, {term{5}, seq{first - 1}}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    event e;
    e.seq = seq{first + i};
    e.term = term{5};
    e.sender = "ana";
    e.at = unix_time{milliseconds{1764000000000}};
    e.body.text = text;
    made.events.push_back(std::make_shared<event>(std::move(e)));
  }
  return made;
}

}  // namespace parley::testing
