#include "actors/core/lease.hpp"

#include "actors/core/mutant.hpp"
#include "actors/core/placement.hpp"

#include <algorithm>
#include <utility>

namespace parley {

lease::lease(std::string incarnation, std::vector<shard_id> wanted, lease_options options)
    : incarnation_(std::move(incarnation)),
      wanted_(std::move(wanted)),
      options_(options),
      watch_(incarnation_, options.lease_time) {
  std::ranges::sort(wanted_);
}

std::vector<lease::ended_shard> lease::renewed(const lease_renewal& answer, instant sent_at, instant now) {
  std::vector<ended_shard> ended;
  const bool is_broken = now >= valid_until_ && !is_on(mutant::lapsed_lease_renewed);
  if (is_broken) unbroken_since_ = now;
  if (is_broken || identity_ != answer.identity) {
    for (const auto& [shard, held] : held_) ended.push_back({shard, held.term});
    held_.clear();  // claimed again with a new term: the same (room, term, seq) must never name two events
  }
  identity_ = answer.identity;
  watch_.renewed(answer.nodes, now);
  for (const auto& row : answer.nodes) (void)unrenewed_since(row.node.incarnation, row.renewals, now);
  is_drained_ = !is_leaving_ && std::ranges::any_of(answer.nodes, [&](const auto& row) {
    return row.node.incarnation == incarnation_ && row.is_leaving;
  });
  if (is_on(mutant::lease_from_answer)) sent_at = now;
  valid_until_ = std::max(valid_until_, sent_at + options_.lease_time - options_.margin);
  return ended;
}

bool lease::is_valid(instant now) const { return now < valid_until_; }

// ---- claims ----------------------------------------------------------------------------------------------------

std::vector<shard_claim> lease::surveyed(const std::vector<shard_row>& rows, instant now) {
  std::vector<shard_claim> claims;
  wishes_.clear();
  closing_.clear();
  watch_ends_.reset();
  for (const auto& row : rows) {
    if (!row.wish.empty()) wishes_.emplace(row.shard, row.wish);
    if (row.is_closing) closing_.insert(row.shard);
  }
  if (!is_valid(now)) return claims;
  const auto who = candidates(now);
  for (const auto& row : rows) {
    auto& seen = largest_[row.shard];
    seen = std::max(seen, row.term);
    if (held_.contains(row.shard) || !std::ranges::binary_search(wanted_, row.shard)) continue;
    const bool is_kept_free = row.is_closing && row.owner.empty();
    if (is_kept_free || !may_claim(row, now)) {
      left_since_.erase(row.shard);
    } else if (!is_leaving_ && is_its_turn(row, who, now)) {
      claims.push_back({row.shard, row.owner, row.term, seen});
    }
  }
  return claims;
}

bool lease::may_claim(const shard_row& row, instant now) {
  if (row.owner.empty() || row.owner == incarnation_) return true;
  const auto since = unrenewed_since(row.owner, row.renewals, now);
  if (is_on(mutant::claim_without_watch)) return !row.has_lease;
  // A database whose clock stepped back calls a dead node's lease valid for as long as the step: the watch decides
  // then.
  if (now - since >= (row.has_lease ? 2 : 1) * options_.lease_time) return true;
  const auto once = since + options_.lease_time;
  const auto ends = now < once ? once : once + options_.lease_time;
  watch_ends_ = std::min(watch_ends_.value_or(ends), ends);
  return false;
}

/// Renewals and surveys show the same counter, and whoever is first begins the watch: so a takeover comes sooner.
instant lease::unrenewed_since(const std::string& owner, std::uint64_t renewals, instant now) {
  auto& seen = watches_.try_emplace(owner, watch{renewals, now}).first->second;
  if (seen.renewals != renewals) seen = {renewals, now};
  return seen.since;
}

/// A node that lives and does not take what is its own must not keep a shard without an owner.
bool lease::is_its_turn(const shard_row& row, const std::vector<node_identity>& candidates, instant now) {
  const auto* desired = desired_owner(candidates, row.shard, row.wish);
  if (desired == nullptr || desired->incarnation == incarnation_) return true;
  // A row that names this node, whose lease stands, is nobody else's to claim: drained, it takes it to hand it over.
  if (is_drained_) return row.owner == incarnation_;
  const auto since = left_since_.try_emplace(row.shard, now).first->second;
  if (now - since < options_.lease_time) return false;
  spurned_until_[desired->incarnation] = now + options_.spurned_for;
  return true;
}

std::vector<lease::ended_shard> lease::superseded(const std::vector<shard_row>& rows, instant sent_at) {
  std::vector<ended_shard> ended;
  for (const auto& row : rows) {
    const auto held = held_.find(row.shard);
    // A survey that left before the claim's answer came may show the time before the claim.
    if (held == held_.end() || row.term <= held->second.term || sent_at < held->second.claim_sent_at) continue;
    ended.push_back({row.shard, held->second.term});
    held_.erase(held);
  }
  return ended;
}

std::vector<claimed_shard> lease::claimed(const std::vector<claimed_shard>& answer, instant sent_at) {
  std::vector<claimed_shard> won;
  for (const auto& shard : answer) {
    auto& seen = largest_[shard.shard];
    seen = std::max(seen, shard.term);
    if (!shard.is_won || sent_at < unbroken_since_) continue;         // the next survey tells whose it is
    if (!std::ranges::binary_search(wanted_, shard.shard)) continue;  // it left for another database meanwhile
    held_.insert_or_assign(shard.shard, holding{shard.term, sent_at});
    left_since_.erase(shard.shard);
    won.push_back(shard);
  }
  return won;
}

bool lease::stepped_down(shard_id shard, parley::term under) {
  auto found = held_.find(shard);
  if (found == held_.end() || found->second.term != under) return false;
  held_.erase(found);
  return true;
}

// ---- moves -----------------------------------------------------------------------------------------------------

/// Who may own shards as this node sees it, itself among them. Better a drained node's shards than nobody's.
std::vector<node_identity> lease::candidates(instant now) const {
  auto all = watch_.others(now);
  if (!is_leaving_ && (all.empty() || (watch_.is_reachable() && !is_drained_))) all.push_back(watch_.self());
  return all;
}

/// Whom this node may hand a shard to. One that gives all cannot be choosy.
std::vector<node_identity> lease::takers(instant now) const {
  if (gives_all()) return watch_.others(now);
  auto found = watch_.settled(now);
  std::erase_if(found, [&](const auto& node) {
    const auto spurned = spurned_until_.find(node.incarnation);
    return spurned != spurned_until_.end() && now < spurned->second;
  });
  return found;
}

std::string_view lease::wish_for(shard_id shard) const {
  const auto found = wishes_.find(shard);
  return found == wishes_.end() ? std::string_view{} : found->second;
}

void lease::want(shard_id shard) {
  const auto at = std::ranges::lower_bound(wanted_, shard);
  if (at == wanted_.end() || *at != shard) wanted_.insert(at, shard);
}

std::optional<term> lease::unwant(shard_id shard) {
  const auto at = std::ranges::lower_bound(wanted_, shard);
  if (at != wanted_.end() && *at == shard) wanted_.erase(at);
  wishes_.erase(shard);
  closing_.erase(shard);
  left_since_.erase(shard);
  const auto held = held_.extract(shard);
  if (held.empty()) return std::nullopt;
  return held.mapped().term;
}

bool lease::has_closing() const {
  return std::ranges::any_of(closing_, [&](const auto& shard) { return held_.contains(shard); });
}

void lease::give_back_closing(std::vector<move>& moves) {
  if (closing_.empty()) return;
  for (const auto shard : wanted_) {
    const auto held = held_.find(shard);
    if (!closing_.contains(shard) || held == held_.end() || std::exchange(held->second.is_moving, true)) continue;
    moves.push_back({shard, held->second.term, {}});
  }
}

std::vector<lease::move> lease::due_moves(instant now) {
  std::vector<move> moves;
  if (!is_valid(now)) return moves;
  give_back_closing(moves);
  auto nodes = takers(now);
  if (nodes.empty()) return moves;
  if (!gives_all() && watch_.is_reachable()) nodes.push_back(watch_.self());
  const auto under_way =
      static_cast<std::size_t>(std::ranges::count_if(held_, [](const auto& held) { return held.second.is_moving; }));
  for (const auto shard : wanted_) {  // in order: the same state moves the same shards
    if (!gives_all() && under_way + moves.size() >= options_.moves_at_once) break;
    const auto held = held_.find(shard);
    if (held == held_.end() || held->second.is_moving) continue;
    const auto* desired = desired_owner(nodes, shard, wish_for(shard));
    if (desired->incarnation == incarnation_) continue;
    held->second.is_moving = true;
    moves.push_back({shard, held->second.term, desired->incarnation});
  }
  return moves;
}

}  // namespace parley
