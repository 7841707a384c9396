#pragma once

#include "actors/ports/fan_out.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <variant>

namespace parley {

/// The live path of a node that has no Redis: messages go from the owner's actors to the feeds of the same process.
/// Delivers on a thread of its own, in the order of the calls; so a sink is never entered from inside its own call.
class memory_fan_out final : public fan_out {
public:
  /// @param waiting_max messages that may wait for the sink. Past it all of them are dropped and the link counts as
  ///   lost: feeds then read what they missed (G6, G9).
  explicit memory_fan_out(std::size_t waiting_max = 65536);
  /// Delivers nothing more, and waits for the call into the sink that is under way.
  ~memory_fan_out() override;

  void attach(std::shared_ptr<fan_out_sink> sink) override;
  void subscribe(room_ref room) override;
  void unsubscribe(room_ref room) override;
  void subscribe(shard_id shard) override;
  void unsubscribe(shard_id shard) override;
  void publish(room_ref room, room_envelope envelope) override;
  void publish(beacon b) override;

private:
  template <class Id>
  struct interest {
    Id id;
    bool is_wanted;
  };
  struct overrun {};
  using message = std::variant<room_envelope, beacon>;
  using call = std::variant<std::shared_ptr<fan_out_sink>, interest<room_key>, interest<shard_id>, message, overrun>;

  void put(call c);
  void run();
  void drop_all();
  void carry_out(std::shared_ptr<fan_out_sink>& sink);
  void carry_out(const interest<room_key>& wish);
  void carry_out(const interest<shard_id>& wish);
  void carry_out(message& m);
  void carry_out(const overrun& loss);

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<call> waiting_;  // guarded by mutex_
  std::size_t messages_ = 0;  // of them; guarded by mutex_
  bool is_ending_ = false;    // guarded by mutex_

  std::shared_ptr<fan_out_sink> sink_;  // these three: the thread's
  std::set<room_key> rooms_;
  std::set<shard_id> shards_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace parley
