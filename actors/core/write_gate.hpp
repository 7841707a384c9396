#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"

#include <unordered_map>

namespace parley {

/// Keeps a session's writes to a room in order across a failure (C16). A session counts its failures of a room: each
/// write carries that count, its `round`. After one write failed as `unavailable` or `outcome_unknown`, every write of
/// the same round that is still on its way fails too, so that the client can repeat them in order; the writes that the
/// session sends after it heard of the failure carry the next round and pass.
class write_gate {
public:
  using round = std::uint32_t;

  void failed(session_id session, round in, instant now);
  bool admits(session_id session, round in) const;
  /// Forgets failures older than any write can still be on its way (a minute).
  void forget_old(instant now);
  std::size_t size() const { return failures_.size(); }

private:
  struct failure {
    round last;
    instant at;
  };
  std::unordered_map<session_id, failure> failures_;
};

}  // namespace parley
