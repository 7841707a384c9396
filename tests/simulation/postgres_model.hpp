#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/result.hpp"
#include "actors/core/shard_rows.hpp"
#include "tests/simulation/host.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::simulation {

/// How often what happened in the database, for the tally of interesting states.
struct postgres_tally {
  std::uint64_t commits = 0, fenced = 0, stale = 0, locked = 0, duplicates = 0, takeovers = 0, crashes = 0,
                failovers = 0, lost_tails = 0, died_in_commit = 0, read_only = 0, trims = 0, fenced_beside = 0,
                resolved_stored = 0, resolved_not = 0;
};

/// One PostgreSQL server as its clients know it: shard rows with locks that a transaction holds until its commit,
/// leases by its own clock, rooms, keys; a crash takes what was not committed, an asynchronous failover also the last
/// commits. It speaks the statements that storage/postgres sends, each with its time between arrival, snapshot and
/// commit. tests/contract and the fidelity scenarios hold it against the real server.
class postgres_model {
public:
  postgres_model(agenda& time, address where, std::uint32_t shards);

  struct shard_state {
    std::string owner;
    parley::term term;
    attempt n;
    bool is_locked = false;
  };
  struct room_state {
    room_ref room;
    position floor;  ///< retention took away what lies at or below it (C14)
    event_list events;
    std::map<std::pair<std::string, std::string>, stored_key> keys;
  };
  struct lost_tail {
    room_ref room;
    position after;  ///< the newest event that is left
    position last;   ///< the newest that was lost
  };

  host& machine() { return *host_; }
  const host_ptr& machine_ptr() { return host_; }
  bool is_up() const { return is_up_; }
  database_identity identity() const;

  // What storage/postgres asks. The reply runs when the server sends it; never after a crash.
  void append(append_batch batch, std::function<void(result<append_outcome>)> reply);
  void recover(recover_request request, std::function<void(result<recovered>)> reply);
  void claim(node_identity node, std::vector<shard_claim> claims,
             std::function<void(result<std::vector<claimed_shard>>)> reply);
  void renew(node_identity node, milliseconds lease_time, std::function<void(result<lease_renewal>)> reply);
  void release(node_identity node, std::function<void(result<std::size_t>)> reply);
  /// One statement with one snapshot, some time after its arrival.
  template <class T>
  void read(std::function<T(const postgres_model&)> query, std::function<void(result<T>)> reply) {
    later(work_time(), [this, query = std::move(query), reply = std::move(reply)] { reply(query(*this)); });
  }

  range_page range(const range_query& q) const;
  history_page history(const history_query& q) const;
  std::vector<marked_head> heads(const std::vector<room_ref>& rooms) const;
  std::vector<shard_mark> marks(const std::vector<shard_id>& shards) const;
  std::vector<shard_row> survey() const;

  // Faults.
  /// kill -9 of the postmaster: connections are the world's to cut. Comes back by `start`.
  void crash();
  void start() { is_up_ = true; }
  /// An operator's retention: takes away the room's events up to this seq and keeps the floor. @returns false: there is
  /// no such event, or someone holds the shard's row
  bool trim(const room_key& room, seq up_to);
  /// The standby is promoted: a new timeline, without the last `commits` ones where it was asynchronous.
  std::vector<lost_tail> fail_over(std::size_t commits);
  void set_read_only(bool on) { is_read_only_ = on; }
  void set_slow(nanoseconds extra) { extra_ = extra; }
  /// Someone's psql holds a shard's row.
  void lock(shard_id shard, bool on) { shards_[shard.value].is_locked = on; }

  const std::map<room_key, room_state>& rooms() const { return rooms_; }
  const shard_state& shard(shard_id s) const { return shards_[s.value]; }
  const postgres_tally& tally() const { return tally_; }
  void count_resolved(bool was_stored) { ++(was_stored ? tally_.resolved_stored : tally_.resolved_not); }
  /// Runs at each commit of events, at its instant.
  std::function<void(const std::string& owner, const shard_batch&)> on_commit;
  std::function<void()> on_takeover;

private:
  struct lease_row {
    std::string node;
    instant until;
    std::uint64_t renewals = 0;
  };

  void later(nanoseconds delay, task what);
  nanoseconds work_time() { return time_.between(nanoseconds{30'000}, nanoseconds{400'000}) + extra_; }
  nanoseconds commit_time() { return time_.between(nanoseconds{200'000}, nanoseconds{2'000'000}) + extra_; }
  shard_verdict judge(const std::string& owner, const shard_fence& fence) const;
  void write_batch(const append_batch& batch, const std::vector<std::size_t>& fitting,
                   std::function<void(result<append_outcome>)> reply, append_outcome outcome);
  bool has_forked(const append_batch& batch, const std::vector<std::size_t>& fitting);
  void apply(const std::string& owner, const shard_batch& part);
  void claim_when_free(const node_identity& node, std::vector<shard_claim> claims, unsigned tries,
                       std::function<void(result<std::vector<claimed_shard>>)> reply);
  void recover_when_free(recover_request request, std::function<void(result<recovered>)> reply);
  term largest_term(shard_id shard) const;
  void committed(std::vector<task> undo);
  const room_state* find_stored(const room_ref& room) const;
  const room_state* find(const room_ref& room) const;  ///< as a page shows it

  agenda& time_;
  host_ptr host_;
  std::vector<shard_state> shards_;
  std::map<std::string, lease_row> leases_;
  std::map<room_key, room_state> rooms_;
  struct replicated {
    room_state room;
    instant until;
  };
  std::map<room_key, replicated> replica_;  ///< mutant::replica_serves_history: rooms as they were
  std::vector<std::vector<task>> undo_;     ///< of the newest commits, for a failover that loses them
  std::uint64_t life_ = 0;
  std::uint64_t timeline_ = 1;
  bool is_up_ = true;
  bool is_read_only_ = false;
  nanoseconds extra_{0};
  mutable postgres_tally tally_;
};

}  // namespace parley::simulation
