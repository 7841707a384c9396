#pragma once

#include "actors/core/feed.hpp"
#include "actors/core/ids.hpp"
#include "actors/core/join_merge.hpp"
#include "actors/core/lease.hpp"
#include "actors/core/room_log.hpp"
#include "actors/core/route_options.hpp"
#include "actors/core/shard_routes.hpp"
#include "actors/core/shard_writer.hpp"

#include <cstddef>
#include <string>

namespace parley {

struct chat_options {
  node_identity node;
  std::string peer_address;  ///< HOST:PORT where other nodes reach this one; empty: nowhere
  std::uint32_t shards = 256;
  shard_routes routes;      ///< one per shard
  std::size_t workers = 2;  ///< CAF's scheduler threads; 0: none, whoever owns `chat::system` runs every step
  std::size_t rooms_per_connection = 200;
  std::size_t writes_waiting_max = 32'768;  ///< of one connection, more than a frame holds; beyond: `rate_limited`
  milliseconds room_idle_max{60'000};       ///< an idle room's actor is put to sleep
  milliseconds feed_linger{30'000};         ///< a feed without subscribers stays that long
  milliseconds beacon_period{200};
  milliseconds poll_period{1000};    ///< of the tail watch, with jitter (C10b)
  milliseconds head_period{30'000};  ///< a quiet room's readers are told its head so often; 0: never
  /// A shard whose endpoint changes uses both for so long: longer than it takes every node to hear of it.
  milliseconds endpoint_overlap{5000};
  milliseconds release_wait{3000};  ///< a stop waits so long for batches under way
  lease_options lease;
  route_options route;
  shard_writer_options writer;
  room_log_options room;
  feed_options feed;
  join_merge_options join;
};

}  // namespace parley
