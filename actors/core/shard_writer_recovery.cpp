// An unknown outcome: what is asked, and what the answer proves (C6).
#include "actors/core/shard_writer.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley {

void shard_writer::send_recovery(effects& out) {
  recover_request request{owner_, {}, {}};
  for (auto& part : flight_->shards) {
    // Past every id handed out, those of earlier recoveries too. A shard that was closed meanwhile is asked for as
    // well, so that its late statement is fenced.
    part.past = attempt{std::max(part.past, part.fence.own).value + 1};
    if (is_open(part)) {
      auto& s = shards_.at(part.fence.shard);
      part.past = s.last = attempt{std::max(s.last, part.past).value + 1};
    }
    if (is_on(mutant::attempt_id_reused)) part.past = part.fence.own;
    request.shards.push_back({part.fence.shard, part.fence.term, part.past});
    for (const auto& taken : part.rooms) request.rooms.push_back(taken.room);
  }
  flight_->is_recovery_sent = true;
  out.push_back(recover{std::move(request)});
}

/// What became of an unknown batch. `found` tells, unless an earlier recovery whose answer was lost has already moved
/// `n` past it: then the rooms' heads tell, which nobody else can have moved under this term.
void shard_writer::resolve(effects& out, flight_shard& part, const parley::recovered::shard_part& found,
                           std::span<const room_head> heads) {
  const bool was_recovered = found.found > part.fence.own && found.found < part.past;
  const auto stands_at = [&](auto place) {
    if (heads.size() != part.rooms.size()) return false;
    for (std::size_t i = 0; i < part.rooms.size(); ++i) {
      if (heads[i].head != place(part.rooms[i])) return false;
    }
    return true;
  };
  if (!found.is_owner) {
    lose_shard(out, part, "another owner or term after an unknown outcome", false);
  } else if (found.found == part.fence.own ||
             (was_recovered && stands_at([](const flight_room& r) { return r.events.back()->at_position(); }))) {
    committed(out, part, part.past);
  } else if (found.found == part.fence.before ||
             (was_recovered && stands_at([](const flight_room& r) { return r.before; }))) {
    if (is_open(part)) shards_.at(part.fence.shard).n = part.past;
    requeue(out, part);
  } else {
    lose_shard(out, part, "an attempt id that this owner did not hand out", false);
  }
}

}  // namespace parley
