#pragma once

#include "actors/core/requests.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parley::exhaustive {

/// What may go wrong once, at any step.
enum class fault : std::uint8_t {
  none,
  redis_drop,     ///< one message to or from Redis is lost
  redis_repeat,   ///< one comes twice
  redis_reorder,  ///< one overtakes the one before it
  redis_cut,      ///< the reader's subscription breaks, with what was on its way
  lose_reply,     ///< a writer's statement has an unknown outcome: done, never done, or done later
  refuse_append,  ///< storage is out of reach: nothing was written
  fail_read,      ///< a reader's read fails
  kill_owner,     ///< kill -9 of A; what it sent arrives, or is lost
  cut_reader,     ///< the reader's socket breaks: it resumes where it stands
  stand_still,    ///< five seconds pass before anything else happens: every deadline comes first
};

/// Where the reader and its node's feed stand at first.
enum class beginning : std::uint8_t {
  cold,  ///< no feed: the join subscribes to Redis
  warm,  ///< another reader's feed is there: the join asks the owner, or storage, for the head
  live,  ///< the reader is live
};

/// One small world: two nodes A (the owner at first) and B, one shard, one room, publishers and one reader.
struct plan {
  std::string name;
  std::string what;  ///< what is explored, for people

  std::size_t publishers = 2;
  std::size_t writes = 1;    ///< of each publisher, sent without waiting for the answers
  bool is_same_key = false;  ///< both publishers send one message of one sender
  beginning begins = beginning::cold;
  bool is_reader_at_owner = false;  ///< the reader's node is A: the owner's word answers its head questions
  bool is_reader_slow = false;      ///< its outbox holds one live batch, and each reading is a step
  bool is_owner_moving = false;     ///< A's lease may run out; who may claim does
  bool is_redis_silent = false;     ///< it confirms subscriptions and delivers nothing, to the end
  bool is_lease_renewed = false;    ///< A renews its lease once, perhaps too late
  bool is_local_explored = false;   ///< messages between a node's own actors are steps too
  bool is_front_explored = false;   ///< so are those to and from the reader's thread
  fault what_fails = fault::none;
  std::size_t stored = 2;           ///< events in the room at first
  std::size_t window_events = 256;  ///< of the feed
  std::uint32_t page_events = 100;  ///< of one history batch
  request::join_options join;

  // How often what could go on for ever happens before the end, where it happens anyway.
  unsigned ticks = 0;
  unsigned polls = 0;
  unsigned beacons = 0;
  unsigned attempts = 2;  ///< of one publish

  unsigned depth = 10;  ///< of the run that is a test
};

/// The worlds by name, small ones first.
const std::vector<plan>& plans();

}  // namespace parley::exhaustive
