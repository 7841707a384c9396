#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/envelopes.hpp"
#include "actors/core/held_rooms.hpp"
#include "actors/core/result.hpp"
#include "actors/core/time.hpp"
#include "actors/core/write_outcome.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace parley {

struct shard_writer_options {
  std::size_t batch_events_max = 500;  ///< beyond about 100 a larger batch gains little
  std::size_t batch_bytes_max = 4 * 1024 * 1024;
  std::size_t queued_max = 50'000;  ///< drafts that wait, all rooms; beyond: not stored, at once
  std::size_t queued_bytes_max = 64 * 1024 * 1024;
  /// After a batch of `gather_from` events the next one waits for as many as are worth a commit, but not for long: the
  /// drafts of a busy node come at once, and each row of a shard that a commit moves costs what several events do.
  std::size_t gather_from = 32;
  std::size_t gather_events = 200;
  milliseconds gather_time{2};
  milliseconds deadline{5000};       ///< of a draft, from its arrival
  milliseconds retry_delay_min{20};  ///< after a failed batch or a locked shard
  milliseconds retry_delay_max{1000};
};

/// Commits the drafts of all rooms of this node's shards in one database, in groups: while one batch is under way, the
/// next collects (a lone draft leaves at once; a busy writer gathers for a moment). It numbers events when it builds a
/// batch and moves heads only on a known commit (C2, C4); an unknown outcome freezes everything until it is resolved
/// (C6). Sans-I/O; owned by the writer actor, which carries out the effects and tells it what came of them.
class shard_writer {
public:
  struct append {
    append_batch batch;
  };
  struct recover {
    recover_request request;
  };
  /// To one room, in the order of its log.
  struct room_results {
    room_key room;
    std::vector<write_outcome> outcomes;
    failure_count failures = 0;  ///< of the room so far
  };
  /// Stored after the room's actor had gone: its askers were told `outcome_unknown` at their deadline, so that nothing
  /// kept it awake. Its readers must not wait for the next poll.
  struct late_events {
    room_ref room;
    position before;
    event_list events;
  };
  /// What a beacon says of one commit.
  struct shard_moved {
    shard_id shard;
    shard_mark mark;
    std::vector<beacon::entry> heads;
  };
  /// This node must not write the shard any more under this term.
  struct step_down {
    shard_id shard;
    parley::term term;
    std::string reason;
  };
  using effect = std::variant<append, recover, room_results, late_events, shard_moved, step_down>;
  using effects = std::vector<effect>;

  shard_writer(std::string owner, shard_writer_options options = {});

  /// This node owns the shard under this term; `n` is what its row holds.
  void open_shard(shard_id shard, parley::term under, attempt n);
  /// It no longer does: what waits was not stored. A batch under way still gets its answer.
  [[nodiscard]] effects close_shard(shard_id shard);
  /// The room's head as storage has it, read after the shard was opened; nothing of the room is queued.
  void open_room(const room_ref& room, room_head head, unix_time last_at);
  void close_room(const room_key& room);

  /// @param heard the failures that the room had heard of when the draft's session last had nothing under way there
  [[nodiscard]] effects enqueue(const room_key& room, ticket t, std::shared_ptr<const draft> d, failure_count heard,
                                instant now, unix_time wall);
  [[nodiscard]] effects appended(result<append_outcome> outcome, instant now, unix_time wall);
  [[nodiscard]] effects recovered(result<parley::recovered> outcome, instant now, unix_time wall);
  /// Every 10 to 50 ms while anything waits: deadlines and retries.
  [[nodiscard]] effects tick(instant now, unix_time wall);

  /// What waits would make a batch too small to be worth it yet: `tick` when `gather_time` is over.
  bool is_gathering(instant now) const {
    return queued_ > 0 && now < gather_until_ && queued_ < options_.gather_events && held_.empty();
  }
  std::size_t queued() const { return queued_; }
  bool is_idle() const { return queued_ == 0 && !flight_; }

private:
  struct queued_draft {
    parley::ticket ticket;
    std::shared_ptr<const draft> what;
    instant deadline;
    std::size_t bytes;
  };
  struct room_state {
    room_ref room;
    room_head head;
    unix_time last_at;
    std::deque<queued_draft> waiting;
    failure_count failures = 0;
    bool is_ready = false;  ///< in its shard's list
  };
  struct shard_state {
    parley::term term;
    attempt n;
    attempt last;  ///< the largest id handed out
    std::deque<room_key> ready;
    /// The first so many of `ready` have not had theirs; while there are some, the shard keeps its place.
    std::size_t turns_left = 0;
    instant not_before{};
    milliseconds delay{0};
    bool is_ready = false;  ///< in ready_
  };
  struct flight_room {
    room_ref room;
    position before;
    std::vector<queued_draft> drafts;
    event_list events;
    bool is_answered = false;  ///< as unknown: the deadline came first
  };
  struct flight_shard {
    shard_fence fence;
    std::vector<flight_room> rooms;
    attempt past;  ///< the largest id that a recovery was sent with
  };
  struct flight {
    std::vector<flight_shard> shards;
    std::size_t drafts = 0;
    std::size_t rooms = 0;
    std::size_t rooms_max = held_rooms::any;
    bool is_trial = false;  ///< of rooms that a lock timeout has met, and only of those
    bool is_recovering = false;
    bool is_recovery_sent = false;
  };

  void pump(effects& out, instant now, unix_time wall);
  bool send_batch(effects& out, bool is_trial, instant now, unix_time wall);
  bool has_space(const flight& f, std::size_t bytes) const {
    return f.drafts < batch_events_now_ && bytes < options_.batch_bytes_max;
  }
  bool may_take(const room_key& room, const flight& f, instant now) const;
  bool take_shard(effects& out, shard_id id, shard_state& shard, flight& f, append_batch& batch, std::size_t& bytes,
                  instant now, unix_time wall);
  bool take_room(effects& out, parley::term under, room_state& room, flight& f, flight_shard& part, shard_batch& batch,
                 std::size_t& bytes, unix_time wall);
  event_ptr make_event(room_state& room, parley::term under, const queued_draft& q, seq s, unix_time wall);
  void make_ready(room_state& room);
  void make_first(const flight& f);

  void ended_shard(effects& out, flight_shard& part, shard_verdict verdict, instant now);
  void resolve(effects& out, flight_shard& part, const parley::recovered::shard_part& found,
               std::span<const room_head> heads);
  void committed(effects& out, flight_shard& part, attempt n);
  void answer_duplicates(effects& out, flight& f, const std::vector<stored_key>& keys, instant now);
  void failed_batch(effects& out, flight& f, const error& e, instant now);
  void timed_out(effects& out, flight& f, instant now);
  void requeue(effects& out, flight_shard& part);
  void requeue(effects& out, flight& f);
  void requeue(effects& out, flight_room& room, bool is_open);
  bool is_open(const flight_shard& part) const;
  void answer_all(effects& out, flight_room& room, const decltype(write_outcome::how)& how);
  void fail_waiting(effects& out, room_state& room);
  void send_results(effects& out, room_results results, bool is_failure);
  void lose_shard(effects& out, flight_shard& part, const std::string& reason, bool is_known);
  void send_recovery(effects& out);
  void expire(effects& out, instant now);
  void back_off(instant now);

  std::string owner_;
  shard_writer_options options_;
  std::unordered_map<shard_id, shard_state> shards_;
  std::unordered_map<room_key, room_state> rooms_;
  std::deque<shard_id> ready_;
  std::optional<flight> flight_;
  std::size_t queued_ = 0;
  std::size_t queued_bytes_ = 0;
  held_rooms held_;
  bool was_trial_ = false;        ///< the newest batch
  std::size_t batch_events_now_;  ///< halved while a bad event is searched (C16)
  instant gather_until_{};
  instant retry_at_{};
  milliseconds retry_delay_{0};
};

}  // namespace parley
