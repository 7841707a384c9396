#pragma once

#include "actors/core/node_watch.hpp"
#include "actors/core/shard_rows.hpp"
#include "actors/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace parley {

struct lease_options {
  milliseconds lease_time{3000};
  milliseconds renew_period{1000};
  milliseconds margin{200};          ///< taken off on this node's side: clocks drift, threads are late
  std::size_t moves_at_once = 32;    ///< shards that a node hands over in one step, unless it gives all
  milliseconds spurned_for{30'000};  ///< no shard is offered to a node that did not take one, for so long
};

/// This node's right to write in one database: the lease, the shards it holds, and which it may claim or should hand
/// over. The lease gives liveness only: it says who should write and who may answer head questions. Safety is the
/// fence's (C8). Sans-I/O; owned by the ownership actor, one per database.
class lease {
public:
  struct ended_shard {
    shard_id shard;
    parley::term term;
  };
  struct move {
    shard_id shard;
    parley::term term;
    std::string to;  ///< an incarnation; empty: to nobody, the shard is closing
  };

  lease(std::string incarnation, std::vector<shard_id> wanted, lease_options options = {});

  /// The renewal that was sent at `sent_at` was answered.
  /// @returns the shards to let go: all, if the database is no longer the same history (C7), and if the lease may have
  ///   ended meanwhile: then another node may have claimed them, and a lease that stands again would hide it (C8)
  [[nodiscard]] std::vector<ended_shard> renewed(const lease_renewal& answer, instant sent_at, instant now);
  /// May this node answer for its shards' heads? Counted from before the renewal was sent.
  bool is_valid(instant now) const;
  instant valid_until() const { return valid_until_; }

  /// Claims that C8 allows and placement wishes, given what the shard rows look like now. A free shard is claimed at
  /// once by the node that should own it; an owned one only if its lease ended by the database's clock and this node
  /// has itself watched it stand unrenewed for one lease time, or whatever that clock says for two: its owner counts on
  /// its own, and has let go by then. What nobody takes for one more lease time is claimed by whoever sees it. A
  /// drained node claims only what names it as its owner, to hand it over, for nobody else may: but all, while it is
  /// alone. A shard that is closing is left free; what a dead node left of it is claimed, to be given back.
  [[nodiscard]] std::vector<shard_claim> surveyed(const std::vector<shard_row>& rows, instant now);
  /// When the first watch of an owner ends whose shards the latest survey showed and did not claim: none may be claimed
  /// sooner, unless somebody gives one back. Nothing, where nobody is watched.
  std::optional<instant> watch_ends() const { return watch_ends_; }
  /// Shards held here that the rows give to another owner, or to this one under another term.
  [[nodiscard]] std::vector<ended_shard> superseded(const std::vector<shard_row>& rows, instant sent_at);
  /// The claim that was sent at `sent_at` was answered.
  /// @returns the shards that are this node's from now on: none, if the lease may have ended since
  [[nodiscard]] std::vector<claimed_shard> claimed(const std::vector<claimed_shard>& answer, instant sent_at);
  /// The writer was fenced, or steps down by itself, or the shard was handed over. @returns whether it was ours under
  /// that term
  bool stepped_down(shard_id shard, parley::term term);

  /// The shards to hand over now, each once: those that the latest survey showed as closing, and those that another
  /// live node should own by its wishes and by placement; while this node leaves or is drained, all.
  [[nodiscard]] std::vector<move> due_moves(instant now);
  /// The shard lives in this database from now on, or no longer. Its map says so, not its rows.
  void want(shard_id shard);
  /// @returns under which term it was held; it is no more
  std::optional<term> unwant(shard_id shard);
  /// Did the latest survey show a shard as closing that is held here?
  bool has_closing() const;

  /// From now on it claims nothing, and hands over what it has.
  void leave() { is_leaving_ = true; }
  bool is_leaving() const { return is_leaving_; }
  /// Its row says that it leaves, and not by its own wish: an operator's. Ends when the row no longer says so.
  bool is_drained() const { return is_drained_; }

  /// Is nobody else there to own shards, as far as this node sees?
  bool is_alone(instant now) const { return watch_.others(now).empty(); }
  const std::vector<cluster_node>& nodes() const { return watch_.nodes(); }
  const cluster_node* namesake() const { return watch_.namesake(); }

  bool owns(shard_id shard) const { return held_.contains(shard); }
  std::size_t held() const { return held_.size(); }
  bool holds_all_wanted() const { return held_.size() == wanted_.size(); }

private:
  struct watch {
    std::uint64_t renewals;
    instant since;
  };
  struct holding {
    parley::term term;
    instant claim_sent_at;
    bool is_moving = false;
  };

  bool may_claim(const shard_row& row, instant now);
  instant unrenewed_since(const std::string& owner, std::uint64_t renewals, instant now);
  void give_back_closing(std::vector<move>& moves);
  bool is_its_turn(const shard_row& row, const std::vector<node_identity>& candidates, instant now);
  std::vector<node_identity> candidates(instant now) const;
  std::vector<node_identity> takers(instant now) const;
  bool gives_all() const { return is_leaving_ || is_drained_; }
  std::string_view wish_for(shard_id shard) const;

  std::string incarnation_;
  std::vector<shard_id> wanted_;
  lease_options options_;
  node_watch watch_;
  std::optional<database_identity> identity_;
  instant valid_until_{};
  instant unbroken_since_{};  ///< each renewal since was answered before the lease could end
  bool is_leaving_ = false;
  bool is_drained_ = false;
  std::unordered_map<shard_id, holding> held_;
  std::unordered_map<shard_id, term> largest_;      ///< ever seen, for the next claim's floor
  std::unordered_map<std::string, watch> watches_;  ///< by owner: a lease is per (node, database), not per shard
  std::optional<instant> watch_ends_;
  std::unordered_map<shard_id, std::string> wishes_;  ///< as the latest survey showed them; only shards that have one
  std::unordered_set<shard_id> closing_;              ///< as the latest survey showed them
  std::unordered_map<shard_id, instant> left_since_;  ///< claimable, and left to another node since then
  std::unordered_map<std::string, instant> spurned_until_;  ///< by incarnation
};

}  // namespace parley
