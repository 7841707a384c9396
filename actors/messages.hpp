#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/envelopes.hpp"
#include "actors/core/feed.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/requests.hpp"
#include "actors/core/result.hpp"
#include "actors/core/room_log.hpp"
#include "actors/core/shard_routes.hpp"
#include "actors/core/shard_rows.hpp"
#include "actors/core/write_outcome.hpp"
#include "actors/local_message.hpp"
#include "actors/ports/fan_out.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What travels between sessions, connections, feeds, rooms and writers, one type per message; what is about owners
/// and links stands in ownership_messages.hpp. All are values or shared immutable data, sent within
/// this process only: CAF serializes nothing (docs/decisions/0001-caf-inside-a-node.md).
namespace parley::msg {

// ---- publish: connection -> router -> shard -> room, and back ------------------------------------------------------

struct write {
  room_ref room;
  std::shared_ptr<const draft> what;
  room_log::asker from;
  caf::actor connection;    ///< or the actor of another node's link
  parley::term under = {};  ///< the router's: the term that it takes the shard to be open under
};
/// The shard is not open under that term, and will not be again: nothing was stored by this write.
struct write_returned {
  write what;
};
/// A write failed so that the session's later ones must not pass (C16): to the router, before the session hears of it.
struct order_broken {
  shard_id shard;
  session_id session;
  write_gate::round round;
};
struct write_answer {
  room_ref room;
  std::uint64_t number;
  std::variant<reply::published, refusal> what;
};

// ---- the owner's word on a head: feed -> router -> shard -> room, and back -----------------------------------------

struct head_question {
  room_ref room;
  question q;
  caf::actor feed;
  bool is_of_peer = false;  ///< the feed is another node's: what is published here does not go to it directly
};
struct head_word {
  question q;
  std::optional<room_head> head;  ///< none: the owner is not here, not sure or asleep; read storage
};

// ---- shard and room <-> writer -------------------------------------------------------------------------------------

struct open_room {
  room_ref room;
  room_head head;
  unix_time last_at;
  caf::actor room_actor;
};
struct close_room {
  room_key room;
};
struct enqueue {
  room_key room;
  parley::ticket ticket;
  std::shared_ptr<const draft> what;
  failure_count heard;
};
struct appended {
  std::uint64_t batch;
  result<append_outcome> outcome;
};
struct recovery_answered {
  std::uint64_t batch;
  result<recovered> outcome;
};
struct room_results {
  std::vector<write_outcome> outcomes;
  failure_count failures = 0;  ///< shard_writer::room_results::failures
};
struct shard_moved {
  shard_id shard;
  shard_mark mark;
  std::vector<beacon::entry> heads;
};

// ---- shard <-> room ------------------------------------------------------------------------------------------------

struct room_loaded {
  room_key room;
  std::uint64_t waking;  ///< which waking of the room asked
  result<history_page> newest;
};
struct sleep_question {
  std::uint64_t forwarded;
};
/// The shard is no longer owned: answer what is on its way as unknown, say `retired`, and end.
struct retire {
  parley::term term;
};
struct retired {
  parley::term term;
};
/// The shard is handed over: no write comes any more. Say `flushed` when the last one has its answer.
struct flush {
  parley::term term;
};
struct flushed {
  parley::term term;
};
struct asleep {
  room_key room;
  std::uint64_t forwarded;
};

// ---- connection <-> feeds, feed ------------------------------------------------------------------------------------

struct attach {
  room_ref room;
  parley::generation generation;
  thread_index thread;
  caf::actor connection;
};
struct detach {
  thread_index thread;
};
struct fetch {
  parley::generation generation;
  seq after;
  std::uint32_t limit;
  std::optional<term> held;
  caf::actor connection;
};
struct feed_attached {
  room_key room;
  parley::generation generation;
  feed_view view;
  caf::actor feed;
};
struct feed_fetched {
  room_key room;
  parley::generation generation;
  std::shared_ptr<const range_page> page;
};
struct feed_failed {
  room_key room;
  parley::generation generation;
  bool is_attach;  ///< the attach failed, which counted all the same: detach; false: a fetch did
  refusal why;
  caf::actor feed;
};

// ---- fan-out and watch -> feeds -> feed ----------------------------------------------------------------------------

struct envelope {
  room_envelope what;
};
struct beacon_heard {
  beacon what;
};
struct room_subscribed {
  room_key room;
  std::size_t endpoint = 0;  ///< whose server confirmed it
};
/// From the router: these shards' copies travel over another endpoint.
struct endpoints_moved {
  std::vector<endpoint_change> changes;
};
struct link_lost {
  std::size_t endpoint;
};
struct shards_lost {
  std::size_t endpoint;
  std::vector<shard_id> shards;
};
struct head_seen {
  room_head head;
  std::optional<shard_mark> mark;
};
struct head_proven {};
struct marks_polled {
  database_id database;
  std::vector<shard_id> shards;
  result<std::vector<shard_mark>> marks;
};
struct heads_polled {
  std::vector<room_ref> rooms;
  result<std::vector<marked_head>> heads;
};
struct feed_marked {
  room_ref room;
  shard_mark mark;
};
struct feed_idle {
  room_key room;
  std::uint64_t attaches;  ///< that the feed has seen
};
struct wants_tick {
  room_key room;
};
struct head_read {
  question q;
  result<std::vector<marked_head>> heads;
};
struct newest_read {
  question q;
  result<history_page> page;
};
struct range_read {
  question q;
  result<range_page> page;
};

// ---- session -> connection -----------------------------------------------------------------------------------------

struct requested {
  client_request what;
};
struct row_behind {
  room_key room;
  parley::generation generation;
  position at;
  bool was_live;
};
struct drained {
  std::uint32_t token;
};
struct session_closed {};
struct history_read {
  std::uint32_t id;
  std::string room;
  result<history_page> page;
};

// ---- everyone ------------------------------------------------------------------------------------------------------

struct tick {};
struct poll {};

}  // namespace parley::msg

PARLEY_LOCAL_MESSAGE(write)
PARLEY_LOCAL_MESSAGE(write_answer)
PARLEY_LOCAL_MESSAGE(write_returned)
PARLEY_LOCAL_MESSAGE(order_broken)
PARLEY_LOCAL_MESSAGE(head_question)
PARLEY_LOCAL_MESSAGE(head_word)
PARLEY_LOCAL_MESSAGE(open_room)
PARLEY_LOCAL_MESSAGE(close_room)
PARLEY_LOCAL_MESSAGE(enqueue)
PARLEY_LOCAL_MESSAGE(appended)
PARLEY_LOCAL_MESSAGE(recovery_answered)
PARLEY_LOCAL_MESSAGE(room_results)
PARLEY_LOCAL_MESSAGE(shard_moved)
PARLEY_LOCAL_MESSAGE(room_loaded)
PARLEY_LOCAL_MESSAGE(sleep_question)
PARLEY_LOCAL_MESSAGE(retire)
PARLEY_LOCAL_MESSAGE(retired)
PARLEY_LOCAL_MESSAGE(flush)
PARLEY_LOCAL_MESSAGE(flushed)
PARLEY_LOCAL_MESSAGE(asleep)
PARLEY_LOCAL_MESSAGE(attach)
PARLEY_LOCAL_MESSAGE(detach)
PARLEY_LOCAL_MESSAGE(fetch)
PARLEY_LOCAL_MESSAGE(feed_attached)
PARLEY_LOCAL_MESSAGE(feed_fetched)
PARLEY_LOCAL_MESSAGE(feed_failed)
PARLEY_LOCAL_MESSAGE(envelope)
PARLEY_LOCAL_MESSAGE(beacon_heard)
PARLEY_LOCAL_MESSAGE(room_subscribed)
PARLEY_LOCAL_MESSAGE(endpoints_moved)
PARLEY_LOCAL_MESSAGE(link_lost)
PARLEY_LOCAL_MESSAGE(shards_lost)
PARLEY_LOCAL_MESSAGE(head_seen)
PARLEY_LOCAL_MESSAGE(head_proven)
PARLEY_LOCAL_MESSAGE(marks_polled)
PARLEY_LOCAL_MESSAGE(heads_polled)
PARLEY_LOCAL_MESSAGE(feed_marked)
PARLEY_LOCAL_MESSAGE(feed_idle)
PARLEY_LOCAL_MESSAGE(wants_tick)
PARLEY_LOCAL_MESSAGE(head_read)
PARLEY_LOCAL_MESSAGE(newest_read)
PARLEY_LOCAL_MESSAGE(range_read)
PARLEY_LOCAL_MESSAGE(requested)
PARLEY_LOCAL_MESSAGE(row_behind)
PARLEY_LOCAL_MESSAGE(drained)
PARLEY_LOCAL_MESSAGE(session_closed)
PARLEY_LOCAL_MESSAGE(history_read)
PARLEY_LOCAL_MESSAGE(tick)
PARLEY_LOCAL_MESSAGE(poll)
