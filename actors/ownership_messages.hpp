#pragma once

#include "actors/core/lease.hpp"
#include "actors/core/peer_items.hpp"
#include "actors/core/result.hpp"
#include "actors/core/shard_places.hpp"
#include "actors/core/shard_rows.hpp"
#include "actors/local_message.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What travels between ownership, shards, writers, the router and its links: who owns which shard, and where.
namespace parley::msg {

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
/// To itself: a dead owner may have been watched for long enough now.
struct watch_ended {};
/// To the router: tell another node to look. Empty: every node that we have a link to.
struct tell_to_look {
  database_id database;
  std::string node;
};
/// To the router, once, at the start.
struct house {
  std::vector<caf::actor> shards;  ///< by shard id
  std::vector<caf::actor> owners;  ///< by database
  caf::actor feeds = {};           ///< none: nobody hears of endpoints
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

}  // namespace parley::msg

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
PARLEY_LOCAL_MESSAGE(watch_ended)
PARLEY_LOCAL_MESSAGE(tell_to_look)
PARLEY_LOCAL_MESSAGE(house)
PARLEY_LOCAL_MESSAGE(peer_opened)
PARLEY_LOCAL_MESSAGE(peer_said)
PARLEY_LOCAL_MESSAGE(peer_closed)
