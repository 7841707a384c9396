#pragma once

#include "actors/core/shard_rows.hpp"
#include "actors/core/time.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley {

struct lease_options {
  milliseconds lease_time{3000};
  milliseconds renew_period{1000};
  milliseconds margin{200};  ///< taken off on this node's side: clocks drift, threads are late
};

/// This node's right to write in one database: the lease, the shards it holds, and when it may claim others. The lease
/// gives liveness only: it says who should write and who may answer head questions. Safety is the fence's (C8).
/// Sans-I/O; owned by the ownership actor, one per database.
class lease {
public:
  struct ended_shard {
    shard_id shard;
    parley::term term;
  };

  lease(std::string incarnation, std::vector<shard_id> wanted, lease_options options = {});

  /// The renewal that was sent at `sent_at` was answered.
  /// @returns the shards to let go: all, if the database is no longer the same history (C7), and if the lease may have
  ///   ended meanwhile: then another node may have claimed them, and a lease that stands again would hide it (C8)
  [[nodiscard]] std::vector<ended_shard> renewed(const lease_renewal& answer, instant sent_at, instant now);
  /// May this node answer for its shards' heads? Counted from before the renewal was sent.
  bool is_valid(instant now) const;
  instant valid_until() const { return valid_until_; }

  /// Claims that C8 allows, given what the shard rows look like now: a free shard at once; an owned one only if its
  /// lease ended by the database's clock and this node has itself watched it stand unrenewed for one lease time, or
  /// whatever that clock says for two: its owner counts on its own, and has let go by then.
  [[nodiscard]] std::vector<shard_claim> surveyed(const std::vector<shard_row>& rows, instant now);
  /// The claim that was sent at `sent_at` was answered.
  /// @returns the shards that are this node's from now on: none, if the lease may have ended since
  [[nodiscard]] std::vector<claimed_shard> claimed(const std::vector<claimed_shard>& answer, instant sent_at);
  /// The writer was fenced, or steps down by itself. @returns whether it was ours under that term
  bool stepped_down(shard_id shard, parley::term term);

  bool owns(shard_id shard) const { return held_.contains(shard); }
  std::size_t held() const { return held_.size(); }
  bool holds_all_wanted() const { return held_.size() == wanted_.size(); }

private:
  struct watch {
    std::string owner;
    std::uint64_t renewals;
    instant since;
  };

  bool may_claim(const shard_row& row, instant now);

  std::string incarnation_;
  std::vector<shard_id> wanted_;
  lease_options options_;
  std::optional<database_identity> identity_;
  instant valid_until_{};
  instant unbroken_since_{};  ///< each renewal since was answered before the lease could end
  std::unordered_map<shard_id, term> held_;
  std::unordered_map<shard_id, term> largest_;      ///< ever seen, for the next claim's floor
  std::unordered_map<std::string, watch> watches_;  ///< by owner: a lease is per (node, database), not per shard
};

}  // namespace parley
