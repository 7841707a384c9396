#pragma once

#include "actors/core/event.hpp"
#include "actors/core/result.hpp"

#include <optional>
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
  position before;              ///< the room's head: {0, 0} creates the room's row
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

/// A room's newest committed position, and the floor below which its log was taken away.
struct room_head {
  position head;
  position floor;

  friend bool operator==(const room_head&, const room_head&) = default;
};

/// {term, n} of a shard as one snapshot saw it: two equal ones mean that no room of the shard changed in between.
struct shard_mark {
  parley::term term;
  attempt n;

  friend bool operator==(const shard_mark&, const shard_mark&) = default;
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

/// Events that follow a position, with what proves that they do, all of one snapshot (C9, C13).
struct range_query {
  room_ref room;
  seq after;             ///< the last seq that the reader holds; 0 for the log's start
  std::uint32_t limit;   ///< 1 to 1000 events
};

struct range_page {
  event_list events;                   ///< seq > after, ascending; begins above the floor
  std::optional<parley::term> anchor;  ///< the term of the stored event at `after` (or of the floor, if that is it)
  room_head head;
  shard_mark mark;
};

/// A page for people (`history`), or the newest events (a rewind, a feed's first window).
struct history_query {
  enum class side : std::uint8_t { newest, before, after, around };

  room_ref room;
  side where = side::newest;
  parley::seq seq;           ///< exclusive for before and after, inclusive for around
  std::uint32_t limit = 50;  ///< 1 to 1000
  bool messages = true;      ///< messages in their newest version; false: the log as it is
};

struct history_page {
  event_list events;  ///< ascending
  room_head head;
  shard_mark mark;
  bool has_older = false;
  bool has_newer = false;
};

struct marked_head {
  room_head head;
  shard_mark mark;
};

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
  /// The marks of shards, one query, about 1 us a row. In the order of the question.
  virtual void marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) = 0;

  /// Takes away the room's events up to `floor` and keeps the floor, fenced like an append (C14).
  virtual void trim(std::string owner, shard_fence fence, room_ref room, position floor,
                    completion<shard_verdict> done) = 0;
};

}  // namespace parley
