#include "tests/simulation/world.hpp"

#include <utility>

namespace parley::simulation {

sometimes world::counters() const {
  sometimes c;
  for (std::size_t i = 0; i < fault_count; ++i)
    c[std::string("fault: ") + to_string(static_cast<fault>(i))] += hits_[i];
  for (const auto& d : databases_) {
    const auto& t = d->tally();
    c["commits"] += t.commits;
    c["fenced"] += t.fenced;
    c["unknown resolved: stored"] += t.resolved_stored;
    c["unknown resolved: not stored"] += t.resolved_not;
    c["stale attempt refused"] += t.stale;
    c["shard skipped: locked"] += t.locked;
    c["batch met a held key"] += t.held;
    c["fenced beside a neighbour"] += t.fenced_beside;
    c["duplicate found in storage"] += t.duplicates;
    c["takeover"] += t.takeovers;
    c["server died in commit"] += t.died_in_commit;
    c["tail lost"] += t.lost_tails;
    c["history trimmed"] += t.trims;
    c["shard moved to another database"] += t.moves;
    c["shard moved to another endpoint"] += t.endpoint_moves;
  }
  for (const auto& e : endpoints_) {
    const auto& t = std::as_const(*e).tally();
    c["Redis message dropped"] += t.dropped;
    c["Redis message doubled"] += t.doubled;
    c["Redis message held back"] += t.reordered;
    c["Redis link lost"] += t.links_lost;
    c["Redis slot moved"] += t.slots_moved;
  }
  const auto& links = peers_.tally();
  c["peer link opened"] += links.opened;
  c["peer link refused"] += links.refused;
  c["peer link closed by silence"] += links.silent;
  c["publish forwarded"] += links.forwarded;
  c["forwarded publish lost with its link"] += links.forwarded - links.arrived;
  c["shard handed over"] += chat_tally_.shards_handed_over;
  auto front = front_tally_;
  for (const auto& n : nodes_) {
    if (!n.process) continue;
    front.overflows += n.process->front().tally().overflows;
    front.fell_out += n.process->front().tally().fell_out;
  }
  c["outbox overflowed"] += front.overflows;
  c["row fell out"] += front.fell_out;
  c["outcome unknown"] += chat_tally_.unknown;
  c["shard lost"] += chat_tally_.shards_lost;
  c["room slept"] += chat_tally_.rooms_slept;
  c["feed closed"] += chat_tally_.feeds_closed;
  c["hole filled"] += chat_tally_.holes_filled;
  c["hole filled during a join"] += chat_tally_.holes_filled_in_join;
  c["takeover during a join"] += takeovers_in_join_;
  c["takeover during a publish"] += takeovers_in_publish_;
  c["tail suspected"] += chat_tally_.tails_suspected;
  for (const auto& client : clients_) {
    const auto& t = client->tally();
    c["ack"] += t.acks;
    c["ack: duplicate"] += t.duplicates;
    c["publish refused"] += t.refusals;
    c["publish left open"] += t.opens;
    c["join"] += t.joins;
    c["join: resume"] += t.resumes;
    c["join refused"] += t.joins_refused;
    c["gap: reset"] += t.resets;
    c["gap: retention"] += t.retentions;
    c["gap: jump"] += t.jumps;
    c["catching up"] += t.catching_up;
    c["catching up twice"] += t.caught_up_twice;
    c["left and joined again"] += t.leaves;
  }
  return c;
}

}  // namespace parley::simulation
