#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/heads.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/result.hpp"

#include <string>
#include <vector>

namespace parley {

/// The durable log of the rooms of one database. Every adapter passes tests/contract/event_log_test.cpp.
/// Thread-safe, never blocks. A completion runs exactly once, on the adapter's thread: only post from it.
/// Every read is of the primary and of one snapshot. Any call may fail with `unavailable`.
class event_log {
public:
  virtual ~event_log() = default;

  /// Commits each shard's events if its fence holds: fence, keys and events in one transaction, fsynced (G1).
  /// @returns `unavailable`: nothing was sent; `outcome_unknown`: the link broke after it was sent, recover (C6);
  ///   `refused_content`: rolled back because of some event's data, bisect; `room_forked`: rolled back because
  ///   (room, seq) exists or, in checked mode, seq-1 does not: the owner's head is wrong.
  virtual void append(append_batch batch, completion<append_outcome> done) = 0;

  /// Resolves unknown batches (C6). Reconnects first where needed, and does so without end: the caller's deadlines
  /// run meanwhile. @returns `outcome_unknown` when the recovery itself broke: ask again with larger `past`.
  virtual void recover(recover_request request, completion<recovered> done) = 0;

  virtual void range(range_query query, completion<range_page> done) = 0;
  virtual void history(history_query query, completion<history_page> done) = 0;
  /// In the order of the question; a room that nobody used has head {0, 0}. At most 1,000 rooms a call.
  virtual void heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) = 0;
  /// The marks of shards, one query, about 1 us a row. In the order of the question; {0, 0}: it does not live here.
  virtual void marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) = 0;

  /// Takes away the room's events up to `floor` and keeps the floor, fenced like an append (C14).
  virtual void trim(std::string owner, shard_fence fence, room_ref room, position floor,
                    completion<shard_verdict> done) = 0;
};

}  // namespace parley
