#include "actors/ownership_actor.hpp"

#include <caf/send.hpp>

#include <string>
#include <unordered_set>
#include <utility>

/// Shards that this node gives to others: one by one where another node should own them, all when it leaves.
namespace parley {

void ownership_actor::move_shards() {
  for (auto& move : core_.due_moves(context_->clock->boot_now())) {
    takers_[move.shard] = std::move(move.to);
    caf::anon_send(shards_.at(move.shard), msg::hand_over{move.shard, move.term});
  }
}

void ownership_actor::yield() {
  if (ready_.empty() || is_releasing_ || std::exchange(is_yielding_, true)) return;
  auto shards = std::exchange(ready_, {});
  owners_.yield(context_->options.node, shards, [self = caf::actor_cast<caf::actor>(this), shards](auto freed) {
    caf::anon_send(self, msg::yielded{shards, std::move(freed)});
  });
}

/// Whatever the answer, it is ours no longer: it gave writes back, and takes none under this term any more. Where the
/// rows still name this node, it claims the shard anew.
void ownership_actor::yielded(const msg::yielded& m) {
  is_yielding_ = false;
  std::unordered_set<std::string> takers;
  for (const auto& shard : m.shards) {
    if (!core_.stepped_down(shard.shard, shard.term)) continue;
    const auto taker = takers_.find(shard.shard);
    const bool is_closing = taker != takers_.end() && taker->second.empty();
    if (taker != takers_.end() && !is_closing) takers.insert(taker->second);
    if (m.freed.has_error()) {
      let_go(shard.shard, shard.term, log_level::warn, "shard.not_handed_over", m.freed.error().detail);
    } else {
      context_->probe->shard_handed_over();
      let_go(shard.shard, shard.term, log_level::info, "shard.handed_over",
             is_closing ? "its rooms are about to move" : "another node should own it");
    }
  }
  for (const auto& taker : takers) caf::anon_send(router_, msg::tell_to_look{database_, taker});
  yield();
  if (has_to_look()) survey();
  finish_leave();
}

void ownership_actor::leave(msg::leave& m) {
  left_ = std::move(m.done);
  if (core_.is_leaving()) return finish_leave();
  core_.leave();
  // Said first, and moved with its answer: who is offered our shards must not count on us to keep them. One that is
  // under way does not say it.
  is_renewing_ = false;
  renew();
}

void ownership_actor::finish_leave() {
  if (!left_ || is_renewing_) return;
  if (core_.held() > 0 && !core_.is_alone(context_->clock->boot_now())) return;
  (*std::exchange(left_, nullptr))();
}

void ownership_actor::release(msg::release& m) {
  is_releasing_ = true;
  context_->leases[database_.value]->extend(instant{});
  released_ = std::move(m.done);
  finish_release();
}

/// A renewal that the database carries out after the release would bring the lease back.
void ownership_actor::finish_release() {
  if (!released_ || is_renewing_) return;
  owners_.release(context_->options.node, [done = std::exchange(released_, nullptr)](auto) { (*done)(); });
}

}  // namespace parley
