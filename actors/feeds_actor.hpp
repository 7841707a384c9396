#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/endpoint_overlaps.hpp"
#include "actors/core/shard_routes.hpp"
#include "actors/core/tail_watch.hpp"
#include "actors/messages.hpp"

#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace parley {

/// All feeds of this node: finds or makes the feed of a room, brings it what the endpoints deliver, watches for lost
/// tails, and ends feeds that nobody has used for a while.
class feeds_actor : public caf::event_based_actor {
public:
  feeds_actor(caf::actor_config& config, context_ptr context, caf::actor router);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "feeds"; }

private:
  struct feed_entry {
    room_ref room;
    caf::actor actor;
    std::uint64_t attaches = 0;
    std::optional<instant> idle_since;
  };

  void attach(msg::attach& m);
  feed_entry& entry_for(const room_ref& room);
  template <class Message>
  void forward(const room_key& room, Message&& m);
  void moved(const msg::endpoints_moved& m);
  void end_overlaps();
  /// What the feeds of these shards need, each at the endpoint beside it. @param act  on an endpoint, and a room or
  /// shard
  template <class Act>
  void each_subscription(const std::unordered_map<shard_id, std::size_t>& where, Act act);
  /// At the shard's endpoint, and at the former one as long as it is used.
  template <class Act>
  void at_endpoints_of(shard_id shard, Act act);
  /// @param shards  whose feeds; null: those of all
  void link_lost(std::size_t endpoint, const std::set<shard_id>* shards);
  void poll();
  void polled(const msg::marks_polled& m);
  void check_heads(std::vector<room_ref> rooms);
  void tick_feeds();
  void end_idle();

  context_ptr context_;
  caf::actor router_;
  std::unordered_map<room_key, feed_entry> feeds_;
  tail_watch watch_;
  shard_routes routes_;  ///< where the feeds' subscriptions are: the router's may be ahead
  endpoint_overlaps overlaps_;
  std::unordered_set<room_key> wanting_ticks_;
  bool is_ticking_ = false;
  std::uint32_t jitter_ = 1;
};

}  // namespace parley
