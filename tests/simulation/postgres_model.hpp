#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/result.hpp"
#include "actors/core/shard_places.hpp"
#include "actors/core/shard_rows.hpp"
#include "tests/simulation/host.hpp"
#include "tests/simulation/postgres_backend.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::simulation {

/// How often what happened in the database, for the tally of interesting states.
struct postgres_tally {
  std::uint64_t commits = 0, fenced = 0, stale = 0, locked = 0, duplicates = 0, takeovers = 0, crashes = 0,
                failovers = 0, lost_tails = 0, died_in_commit = 0, read_only = 0, trims = 0, fenced_beside = 0,
                held = 0, resolved_stored = 0, resolved_not = 0, moves = 0, endpoint_moves = 0;
};

/// One PostgreSQL server as its clients know it: shard rows with locks that a transaction holds until its commit,
/// leases by its own clock, rooms, keys; a crash takes what was not committed, an asynchronous failover also the last
/// commits. It speaks the statements that storage/postgres sends, each with its time between arrival, snapshot and
/// commit. tests/fidelity holds it against the real server.
class postgres_model {
public:
  template <class T>
  using reply = std::function<void(result<T>)>;

  postgres_model(agenda& time, address where, std::uint32_t shards);
  ~postgres_model();

  struct shard_state {
    std::string owner;
    parley::term term;
    attempt n;
    bool is_locked = false;
    bool is_locked_by_psql = false;
    std::string moved_to = {};    ///< not empty: its rooms live elsewhere, or are on their way here
    unix_time closed_until = {};  ///< its owner gives it back, nobody claims it
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

  backend_ptr open();
  /// Its client is gone: what has arrived still runs, but a transaction that was not told to commit ends.
  void hung_up(const backend_ptr& at);
  /// pg_terminate_backend, but for the connection, which is the caller's to cut.
  void terminate(const backend_ptr& at);

  // What storage/postgres asks. The reply runs when the server sends it; never after a crash.
  void append(const backend_ptr& at, append_batch batch, reply<append_outcome> answer);
  void recover(const backend_ptr& at, recover_request request, reply<recovered> answer);
  void trim(const backend_ptr& at, const std::string& owner, const shard_fence& fence, const room_ref& room,
            position floor, reply<shard_verdict> answer);
  void claim(const backend_ptr& at, const node_identity& node, std::vector<shard_claim> claims,
             reply<std::vector<claimed_shard>> answer);
  void renew(const backend_ptr& at, const node_identity& node, const lease_wish& wish, reply<lease_renewal> answer);
  void yield(const backend_ptr& at, const node_identity& node, std::vector<owned_shard> shards,
             reply<std::size_t> answer);
  void release(const backend_ptr& at, const node_identity& node, reply<std::size_t> answer);
  /// One statement with one snapshot, some time after its arrival, and perhaps some time before its answer.
  template <class T>
  void read(const backend_ptr& at, std::function<result<T>(const postgres_model&)> query, reply<T> answer) {
    begin(at, [this, at, query = std::move(query), answer = std::move(answer)] {
      auto told = [at, seen = query(*this), answer] {
        answer(seen);
        at->finished();
      };
      if (extra_ == nanoseconds{0}) return told();
      later(at, time_.up_to(extra_), std::move(told));  // a slow one tells what was
    });
  }

  /// A shard that lives elsewhere: `unavailable`, but its mark is none, and its row is not among those surveyed.
  result<range_page> range(const range_query& q) const;
  result<history_page> history(const history_query& q) const;
  result<std::vector<marked_head>> heads(const std::vector<room_ref>& rooms) const;
  std::vector<shard_mark> marks(const std::vector<shard_id>& shards) const;
  std::vector<shard_row> survey() const;
  std::vector<shard_id> departed() const;

  // An operator moves a shard (node/ctl/shard_moves): each a transaction, carried out when `is_free_to_change`.
  std::string id() const;
  bool is_elsewhere(shard_id s) const { return !shards_[s.value].moved_to.empty(); }
  bool is_free_to_change(shard_id shard) const;
  void set_moved_to(shard_id shard, std::string where);
  void close(shard_id shard, milliseconds how_long);
  bool freeze(shard_id shard, const std::string& target);
  void activate(shard_id shard, term above, attempt past);
  void clear_rooms(shard_id shard);
  void copy_rooms(const postgres_model& source, shard_id shard);
  /// The map, which the home database keeps.
  void place(shard_id shard, database_id where);
  void place_copies(shard_id shard, std::size_t endpoint);
  void keep_places(std::vector<database_id> databases, std::vector<std::size_t> endpoints) {
    places_ = std::move(databases);
    endpoints_ = std::move(endpoints);
  }
  const std::vector<database_id>& places() const { return places_; }
  shard_places map() const { return {changes_, places_, endpoints_}; }

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
  /// Each step of a statement takes up to so much longer.
  void set_slow(nanoseconds most) { extra_ = most; }
  /// A node whose clock was ahead claimed the shard over a lease that still stands, and died before it wrote. The owner
  /// goes on until it is fenced; its other shards stay its own.
  void take(shard_id shard);
  /// Someone's psql holds a shard's row.
  void lock(shard_id shard, bool on);
  /// Someone's psql has the key of the room's next event in a transaction of its own.
  void hold(const room_key& room, bool on);
  /// Some transaction waits for a row.
  bool somebody_waits() const;

  const std::map<room_key, room_state>& rooms() const { return rooms_; }
  const shard_state& shard(shard_id s) const { return shards_[s.value]; }
  const postgres_tally& tally() const { return tally_; }
  void count_resolved(bool was_stored) { ++(was_stored ? tally_.resolved_stored : tally_.resolved_not); }
  /// Runs at each commit of events, at its instant.
  std::function<void(const std::string& owner, const shard_batch&)> on_commit;
  std::function<void()> on_takeover;

private:
  static constexpr milliseconds lock_poll{2};
  struct lease_row {
    std::string node;
    unix_time until;  ///< by the server's calendar clock, which may jump
    std::uint64_t renewals = 0;
    std::string peer_address;
    bool is_leaving = false;
  };

  void begin(const backend_ptr& at, task statement);
  void later(const backend_ptr& at, nanoseconds delay, task what);
  /// Locks the rows, and once it is committed applies the change, whole, and answers.
  void commit(const backend_ptr& at, std::vector<shard_id> rows, std::function<std::vector<task>()> change,
              task answer);
  /// The transaction ends without a trace.
  void roll_back(const backend_ptr& at, const task& answer);
  static constexpr unsigned lock_tries = 1000;  // lock_timeout: 2 s
  void when_free(const backend_ptr& at, std::vector<shard_id> rows, unsigned tries, std::function<void(bool)> then);
  void unlock(const backend_ptr& at);
  template <class T>
  bool refuses_writes(const backend_ptr& at, const reply<T>& answer) {
    if (!is_read_only_) return false;
    ++tally_.read_only;
    roll_back(at, [&] { answer(error{errc::unavailable, "read-only"}); });
    return true;
  }
  /// Drawn anew each time: a later statement of another connection may overtake one that is slow.
  nanoseconds slowness() { return extra_ == nanoseconds{0} ? extra_ : time_.up_to(extra_); }
  nanoseconds work_time() { return time_.between(nanoseconds{30'000}, nanoseconds{400'000}) + slowness(); }
  nanoseconds commit_time() { return time_.between(nanoseconds{200'000}, nanoseconds{2'000'000}) + slowness(); }
  /// An append that meets a held key waits for it, its shards' rows locked, as long as its patience lasts.
  void when_unheld(const backend_ptr& at, const std::shared_ptr<const append_batch>& batch,
                   const std::vector<std::size_t>& fitting, unsigned tries, std::function<void(bool)> then);
  shard_verdict judge(const std::string& owner, const shard_fence& fence) const;
  void write_batch(const backend_ptr& at, const append_batch& batch, const std::vector<std::size_t>& fitting,
                   const reply<append_outcome>& answer, append_outcome outcome);
  std::optional<error> refusal_of(const append_batch& batch, const std::vector<std::size_t>& fitting,
                                  std::vector<stored_key>& duplicates) const;
  std::vector<task> apply(const std::string& owner, const shard_batch& part);
  void lock_claimed(const backend_ptr& at, const node_identity& node, const std::vector<shard_claim>& claims,
                    const reply<std::vector<claimed_shard>>& answer);
  /// As a renewal shows them that has written `own` and not committed it.
  std::vector<cluster_node> nodes_beside(const std::string& incarnation, const lease_row& own) const;
  std::vector<shard_id> owned_of(const std::string& incarnation, const std::vector<owned_shard>& shards) const;
  /// A term above it that no other timeline makes.
  term raised_above(term before) const { return term{before.value + 1 + ((timeline_ - before.value - 1) & 1023)}; }
  /// @returns what takes it back
  task give(shard_id shard, const std::string& owner, term at);
  void committed(std::vector<task> undo);
  void told_nodes();
  marked_head head_in(const room_ref& room) const;
  bool has_forked(const append_batch& batch, const std::vector<std::size_t>& fitting) const;
  const room_state* find_stored(const room_ref& room) const;
  const room_state* find(const room_ref& room) const;  ///< as a page shows it

  agenda& time_;
  host_ptr host_;
  std::vector<shard_state> shards_;
  std::vector<database_id> places_;
  std::vector<std::size_t> endpoints_;
  std::uint64_t changes_ = 0;  ///< of rows or of the map, by an operator
  std::map<std::string, lease_row> leases_;
  std::map<room_key, room_state> rooms_;
  std::set<room_key> held_;  ///< by someone's psql
  struct replicated {
    room_state room;
    instant until;
  };
  std::map<room_key, replicated> replica_;  ///< mutant::replica_serves_history: rooms as they were
  std::vector<std::vector<task>> undo_;     ///< of the newest commits, for a failover that loses them
  std::vector<std::weak_ptr<postgres_backend>> backends_;
  std::uint64_t life_ = 0;
  std::uint64_t timeline_ = 1;
  bool is_up_ = true;
  bool is_read_only_ = false;
  nanoseconds extra_{0};
  mutable postgres_tally tally_;
};

}  // namespace parley::simulation
