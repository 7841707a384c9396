#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/envelopes.hpp"
#include "actors/core/feed.hpp"
#include "actors/core/lease.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/peer_items.hpp"
#include "actors/core/requests.hpp"
#include "actors/core/result.hpp"
#include "actors/core/room_log.hpp"
#include "actors/core/shard_places.hpp"
#include "actors/core/shard_rows.hpp"
#include "actors/core/write_outcome.hpp"
#include "actors/ports/fan_out.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Everything that travels between actors, one type per message. All are values or shared immutable data, sent within
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

// ---- shard -> router -----------------------------------------------------------------------------------------------

/// The shard takes writes under this term.
struct shard_here {
  shard_id shard;
  parley::term term;
};
/// It takes none any more; all that it took were answered or returned.
struct shard_flushed {
  shard_id shard;
  parley::term term;
};

// ---- ownership -> shard, writer ------------------------------------------------------------------------------------

struct shard_opened {
  shard_id shard;
  shard_mark mark;
  std::uint64_t lease_era = 0;  ///< in which it was claimed
  database_id database = {};    ///< whose lease that is
  caf::actor writer = {};       ///< of that database; none: the one that it has
};
/// A write under that term came and was given back before the shard heard of it: it cannot take any under it.
struct shard_not_opened {
  shard_id shard;
  parley::term term;
};
struct shard_closed {
  shard_id shard;
  parley::term term;
};
/// Another node should own the shard: take no writes and answer for no head any more, end those under way, then say
/// `shard_ready` to who asked.
struct hand_over {
  shard_id shard;
  parley::term term;
};
struct shard_ready {
  shard_id shard;
  parley::term term;
};
/// To the writer: who hears of the shard's commits and of its end.
struct open_shard {
  shard_id shard;
  shard_mark mark;
  caf::actor shard_actor;
};
struct close_shard {
  shard_id shard;
};
struct shard_fenced {
  shard_id shard;
  parley::term term;
  std::string reason;
};
struct lease_renewed {
  instant sent_at;
  result<lease_renewal> answer;
};
struct surveyed {
  result<std::vector<shard_row>> rows;
};
/// What the home database's ownership read, for the router.
struct places_read {
  result<shard_places> places;
};
/// The router to a database's ownership: the shard's rooms live there from now on, or no longer.
struct shard_arrived {
  shard_id shard;
  caf::actor actor;
};
struct shard_left {
  shard_id shard;
};
struct shards_claimed {
  instant sent_at;
  result<std::vector<claimed_shard>> shards;
};
struct yielded {
  std::vector<owned_shard> shards;
  result<std::size_t> freed;
};
/// Hand every shard over to other nodes; `done` runs when none is left, or nobody is there to take them.
struct leave {
  std::shared_ptr<std::function<void()>> done;
};
/// Stop accepting, let go of everything; `done` runs once it is released, or cannot be.
struct release {
  std::shared_ptr<std::function<void()>> done;
};

// ---- ownership <-> router, links -----------------------------------------------------------------------------------

/// Who owns what in one database, and who is there: what the router goes by.
struct owners_seen {
  database_id database;
  std::vector<shard_row> rows;
  std::vector<cluster_node> nodes;
};
/// Look at the database's rows now rather than at the next renewal.
struct look {
  database_id database;
  bool is_of_peer = false;
};
/// To the router: tell another node to look. Empty: every node that we have a link to.
struct tell_to_look {
  database_id database;
  std::string node;
};
/// To the router, once, at the start.
struct house {
  std::vector<caf::actor> shards;  ///< by shard id
  std::vector<caf::actor> owners;  ///< by database
};
struct peer_opened {
  std::uint64_t link;
};
struct peer_said {
  std::uint64_t link;
  std::vector<peer::item> items;
};
struct peer_closed {
  std::uint64_t link;
  std::string why;
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

#define PARLEY_LOCAL_MESSAGE(name) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parley::msg::name)
PARLEY_LOCAL_MESSAGE(write)
PARLEY_LOCAL_MESSAGE(write_answer)
PARLEY_LOCAL_MESSAGE(write_returned)
PARLEY_LOCAL_MESSAGE(order_broken)
PARLEY_LOCAL_MESSAGE(head_question)
PARLEY_LOCAL_MESSAGE(head_word)
PARLEY_LOCAL_MESSAGE(shard_here)
PARLEY_LOCAL_MESSAGE(shard_flushed)
PARLEY_LOCAL_MESSAGE(shard_opened)
PARLEY_LOCAL_MESSAGE(shard_not_opened)
PARLEY_LOCAL_MESSAGE(shard_closed)
PARLEY_LOCAL_MESSAGE(hand_over)
PARLEY_LOCAL_MESSAGE(shard_ready)
PARLEY_LOCAL_MESSAGE(open_shard)
PARLEY_LOCAL_MESSAGE(close_shard)
PARLEY_LOCAL_MESSAGE(shard_fenced)
PARLEY_LOCAL_MESSAGE(lease_renewed)
PARLEY_LOCAL_MESSAGE(surveyed)
PARLEY_LOCAL_MESSAGE(places_read)
PARLEY_LOCAL_MESSAGE(shard_arrived)
PARLEY_LOCAL_MESSAGE(shard_left)
PARLEY_LOCAL_MESSAGE(shards_claimed)
PARLEY_LOCAL_MESSAGE(yielded)
PARLEY_LOCAL_MESSAGE(leave)
PARLEY_LOCAL_MESSAGE(release)
PARLEY_LOCAL_MESSAGE(owners_seen)
PARLEY_LOCAL_MESSAGE(look)
PARLEY_LOCAL_MESSAGE(tell_to_look)
PARLEY_LOCAL_MESSAGE(house)
PARLEY_LOCAL_MESSAGE(peer_opened)
PARLEY_LOCAL_MESSAGE(peer_said)
PARLEY_LOCAL_MESSAGE(peer_closed)
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
#undef PARLEY_LOCAL_MESSAGE
