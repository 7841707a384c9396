#pragma once

#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"
#include "actors/core/ids.hpp"
#include "actors/core/refusal.hpp"
#include "actors/core/replies.hpp"
#include "actors/core/write_gate.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

/// What nodes tell each other. A link carries questions one way and their answers the other: who dialled asks, who
/// accepted answers. An item arrives at most once; what a lost link leaves open is for the asker to say (C18).
namespace parley::peer {

/// Chosen by the asker, unique within the link; the answer repeats it.
using request_id = std::uint64_t;

/// A session's write for the owner of its room's shard. The asker names the term that it takes the owner to hold: an
/// owner under another term answers `not_owner`, so that a session's writes never pass each other over a change.
struct publish {
  request_id request = 0;
  parley::shard_id shard;
  parley::term term;
  std::string instance;
  std::string room;
  std::shared_ptr<const draft> what;
  session_id session;  ///< as its own node numbers it
  write_gate::round round = 0;
};
/// The owner's word on a head, for a join that asked after it arrived (docs/architecture.md, "A join").
struct head_question {
  request_id request = 0;
  parley::shard_id shard;
  std::string instance;
  std::string room;
};
/// The shards of this database changed hands just now: look at its rows. Not answered.
struct look {
  database_id database;
};

struct published {
  request_id request = 0;
  position at_position;
  unix_time at;
  bool duplicate = false;
};
/// The write's end, as its session may hear it.
struct refused {
  request_id request = 0;
  refusal why;
};
/// Not the owner under that term: nothing was stored by this write, another node may take it.
struct not_owner {
  request_id request = 0;
};
struct head {
  request_id request = 0;
  std::optional<room_head> what;  ///< none: not the owner, not sure, or the room sleeps; read storage
};

using item = std::variant<publish, head_question, look, published, refused, not_owner, head>;

}  // namespace parley::peer
