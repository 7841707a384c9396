#pragma once

#include "actors/core/dedup_window.hpp"
#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"
#include "actors/core/replies.hpp"
#include "actors/core/write_gate.hpp"
#include "actors/core/write_outcome.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <variant>
#include <vector>

namespace parley {

struct room_log_options {
  std::size_t dedup_keys_max = 1024;  ///< recent keys kept in memory
  std::size_t queued_max = 8192;      ///< drafts of the room that wait for their commit; beyond: `unavailable`
  std::uint64_t ticket_base = 0;      ///< tickets begin above it: those of a room's former actor never come again
};

/// The owner's view of one room: its committed head, its recent keys, and the drafts on their way to storage. Decides
/// what a publish gets; the seq is given later, when the writer builds a batch, so that a refused draft leaves no
/// hole (C4). Sans-I/O; owned by the room actor.
class room_log {
public:
  /// Who waits for a publish, as the shell knows it.
  struct asker {
    session_id session;
    write_gate::round round = 0;
    std::uint64_t number = 0;  ///< write_order::place::number
  };
  struct answer {
    asker to;
    std::variant<reply::published, refusal> what;
  };

  /// What a publish leads to.
  struct queue {
    parley::ticket ticket;
    failure_count heard;  ///< for the writer
  };
  /// The same key is on its way: this one gets its answer.
  struct wait {};
  using decision = std::variant<queue, wait, answer>;

  room_log(room_ref room, room_head head, room_log_options options = {});

  /// Checks, in this order: the session's order (C16), the key, the reply's target, the queue's bound. A target above
  /// the head may be on its way, or stored and shown before we hear of it: the writer decides when the turn has come.
  decision publish(const asker& from, const std::shared_ptr<const draft>& d, instant now);
  /// The writer's word on one draft. @returns the answers, in the order of asking
  std::vector<answer> ended(const write_outcome& how, instant now);
  /// The writer's count, after what it came with: what a session still has under way may have left too early.
  void heard_failures(failure_count so_far);
  /// The owner steps down: what is on its way may still be stored.
  std::vector<answer> abandon();
  void forget_old(instant now) { gate_.forget_old(now); }
  void trimmed(position floor) { head_.floor = floor; }

  const room_head& head() const { return head_; }
  const room_ref& room() const { return room_; }
  std::size_t queued() const { return queued_.size(); }
  /// Sessions whose failure is remembered: those of about the last two minutes.
  std::size_t failures_kept() const { return gate_.size(); }

private:
  struct queued_draft {
    std::shared_ptr<const draft> what;
    std::vector<asker> askers;  ///< the first is the one who published; the rest sent the same key meanwhile
    failure_count heard;
  };
  /// A session whose drafts under way left before the newest failure was heard: what follows them shares their fate.
  struct late_session {
    failure_count heard;  ///< by the earliest of them
    std::size_t drafts = 0;
  };

  void is_late(session_id session, failure_count heard);
  void ended_late(session_id session);

  reply::published published(position where, unix_time at, bool duplicate) const;
  answer repeated(const asker& from, const draft& d, const dedup_window::first_result& first) const;
  std::variant<reply::published, refusal> word_for(const queued_draft& q, const write_outcome& how,
                                                   bool is_first) const;

  room_ref room_;
  room_head head_;
  room_log_options options_;
  dedup_window recent_;
  write_gate gate_;
  instant forgets_at_{};
  std::unordered_map<ticket, queued_draft> queued_;
  std::unordered_map<std::string, ticket> queued_keys_;
  failure_count failures_ = 0;                         ///< heard of
  std::unordered_map<session_id, late_session> late_;  ///< empty, but for a moment after a failure
  std::uint64_t last_ticket_;
};

}  // namespace parley
