#include "actors/core/lease.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley {

lease::lease(std::string incarnation, std::vector<shard_id> wanted, lease_options options)
    : incarnation_(std::move(incarnation)), wanted_(std::move(wanted)), options_(options) {
  std::ranges::sort(wanted_);
}

std::vector<lease::ended_shard> lease::renewed(const lease_renewal& answer, instant sent_at, instant now) {
  std::vector<ended_shard> ended;
  const bool is_broken = now >= valid_until_ && !is_on(mutant::lapsed_lease_renewed);
  if (is_broken) unbroken_since_ = now;
  if (is_broken || identity_ != answer.identity) {
    for (const auto& [shard, under] : held_) ended.push_back({shard, under});
    held_.clear();  // claimed again with a new term: the same (room, term, seq) must never name two events
  }
  identity_ = answer.identity;
  if (is_on(mutant::lease_from_answer)) sent_at = now;
  valid_until_ = std::max(valid_until_, sent_at + options_.lease_time - options_.margin);
  return ended;
}

bool lease::is_valid(instant now) const { return now < valid_until_; }

std::vector<shard_claim> lease::surveyed(const std::vector<shard_row>& rows, instant now) {
  std::vector<shard_claim> claims;
  if (!is_valid(now)) return claims;
  for (const auto& row : rows) {
    auto& seen = largest_[row.shard];
    seen = std::max(seen, row.term);
    if (held_.contains(row.shard) || !std::ranges::binary_search(wanted_, row.shard)) continue;
    if (may_claim(row, now)) claims.push_back({row.shard, row.owner, row.term, seen});
  }
  return claims;
}

bool lease::may_claim(const shard_row& row, instant now) {
  if (row.owner.empty() || row.owner == incarnation_) return true;
  auto [seen, is_new] = watches_.try_emplace(row.owner, watch{row.owner, row.renewals, now});
  if (!is_new && (seen->second.renewals != row.renewals)) seen->second = {row.owner, row.renewals, now};
  if (is_on(mutant::claim_without_watch)) return !row.has_lease;
  // A database whose clock stepped back calls a dead node's lease valid for as long as the step: the watch decides
  // then.
  const auto watched = now - seen->second.since;
  return watched >= (row.has_lease ? 2 : 1) * options_.lease_time;
}

std::vector<claimed_shard> lease::claimed(const std::vector<claimed_shard>& answer, instant sent_at) {
  std::vector<claimed_shard> won;
  for (const auto& shard : answer) {
    auto& seen = largest_[shard.shard];
    seen = std::max(seen, shard.term);
    if (!shard.is_won || sent_at < unbroken_since_) continue;  // the next survey tells whose it is
    held_[shard.shard] = shard.term;
    won.push_back(shard);
  }
  return won;
}

bool lease::stepped_down(shard_id shard, parley::term under) {
  auto found = held_.find(shard);
  if (found == held_.end() || found->second != under) return false;
  held_.erase(found);
  return true;
}

}  // namespace parley
