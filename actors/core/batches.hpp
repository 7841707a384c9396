#pragma once

#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// What a batch must find in a shard's row to be written, and what it leaves there (C1).
struct shard_fence {
  shard_id shard;
  parley::term term;
  attempt before;  ///< `n` as the batch before left it
  attempt own;     ///< this batch's id: never used twice within the term, always > before
};

/// New events of one room, contiguous after `before`.
struct room_append {
  room_ref room;
  position before;  ///< the room's head: {0, 0} creates the room's row
  event_list events;
  std::vector<digest> digests;  ///< one per event; used where the event has a client_msg_id
};

/// What one shard appends in one batch.
struct shard_batch {
  shard_fence fence;
  std::vector<room_append> rooms;
};

/// All that one transaction writes: shards succeed and fail one by one, in one commit (C3).
struct append_batch {
  std::string owner;  ///< node_identity::incarnation
  std::vector<shard_batch> shards;
  /// Someone else is likely to hold a key of it: the store waits for that only shortly, since all that comes after
  /// waits with it.
  bool is_trial = false;
};

enum class shard_verdict : std::uint8_t {
  committed,
  not_owner,  ///< another owner or term: nothing of this shard was written, step down
  stale,      ///< right owner and term, another `n`: an earlier attempt failed or is unknown; nothing was written
  locked,     ///< someone else holds the row: nothing was written, try this shard alone
};

/// A key that was there already: the answer for its repeat (G5).
struct stored_key {
  parley::room_key room;
  std::string sender;
  std::string client_msg_id;
  position first;  ///< the first result
  unix_time at;
  std::optional<parley::digest> digest;  ///< none: the content was deleted, any repeat is a duplicate
};

struct append_outcome {
  /// In the order of the batch. Empty where `duplicates` is not.
  std::vector<shard_verdict> verdicts;
  /// Not empty: nothing at all was written; answer these and build the batch again without them.
  std::vector<stored_key> duplicates;
};

/// After an unknown outcome (C6): per shard, lock the row (this waits for an old backend still at work), commit
/// `past` as its `n`, then read what is stored.
struct recover_request {
  struct shard_part {
    shard_id shard;
    parley::term term;
    attempt past;  ///< past every id handed out
  };
  std::string owner;
  std::vector<shard_part> shards;
  std::vector<room_ref> rooms;  ///< whose heads the writer wants: those with events in the unknown batches
};

struct recovered {
  struct shard_part {
    shard_id shard;
    bool is_owner = false;  ///< owner and term were still ours; otherwise nothing was changed: step down
    attempt found;          ///< `n` before it became `past`: which of the unknown batches was the last to commit
  };
  std::vector<shard_part> shards;
  std::vector<room_head> heads;  ///< in the order of the request's rooms
};

}  // namespace parley
