#include "actors/core/mutant.hpp"

#include <algorithm>

namespace parley {
namespace {

// Found by: rules of the checker, in the simulator, wherever chance gets there. The rest need an order of steps so rare
// that a proof has to lead to it: a world of tests/exhaustive, or a test of tests/core.
constexpr mutant_entry all[] = {
    {mutant::publish_before_commit, "publish-before-commit", "C5, G4: published when the batch is sent", "R4"},
    {mutant::ack_before_commit, "ack-before-commit", "C5, G1: acknowledged when the batch is sent", "R1"},
    {mutant::fence_without_term, "fence-without-term", "C1: the fence looks at n alone, not at owner and term",
     "R7 R10"},
    {mutant::fence_select_then_insert, "fence-select-then-insert", "C1: the fence is read without a lock", "R5 R7"},
    {mutant::lease_wall_clock_no_fence, "lease-wall-clock-no-fence", "C1, C8, G7: the lease alone guards writes", "R2"},
    {mutant::head_read_before_takeover_commit, "head-read-before-takeover-commit",
     "C1: a takeover does not wait for the old owner's batch", "R7"},
    {mutant::dedup_in_memory_only, "dedup-in-memory-only", "C15, G5: no key table", "R6"},
    {mutant::unknown_is_failed, "unknown-is-failed", "C6: an unknown outcome is told as not stored", "R5"},
    {mutant::unknown_is_stored, "unknown-is-stored", "C6: an unknown outcome is told as stored", "R1"},
    {mutant::late_is_failed, "late-is-failed", "C6: the deadline of a sent batch is told as not stored", "R5"},
    {mutant::attempt_id_reused, "attempt-id-reused", "C1, C6: a recovery takes the lost batch's own attempt id", "R1"},
    {mutant::recovery_keeps_n, "recovery-keeps-n", "C6: a recovery only reads; a late statement still applies",
     "R1 R5"},
    {mutant::stale_is_committed, "stale-is-committed", "C1: a fenced batch is taken for stored", "R1"},
    {mutant::locked_is_committed, "locked-is-committed", "C3: a skipped shard is taken for stored", "R1"},
    {mutant::verdict_of_a_neighbour, "verdict-of-a-neighbour", "C3: all shards of a batch get the first one's verdict",
     "R1 R5"},
    {mutant::head_moves_on_send, "head-moves-on-send", "C2: the head moves before the commit is known", "R2"},
    {mutant::requeue_at_the_back, "requeue-at-the-back", "C16: what is tried again goes behind what came later", "R9"},
    {mutant::retry_reorders_session, "retry-reorders-session", "C16: a failed publish does not fail those behind it",
     "test: after a publish that was not stored, or may be, the session's writes behind it fail until its next round"},
    {mutant::unheard_failure_passes, "unheard-failure-passes",
     "C16: a draft that left before its room heard of a failure is stored behind what failed",
     "test: a draft that left before its room heard of a failure is not stored behind what failed"},
    {mutant::tickets_begin_anew, "tickets-begin-anew", "G1: a room's next actor takes its former one's answers",
     "test: tickets begin above their base, so that a former room's are never taken for ours"},
    {mutant::room_sleeps_on_a_write, "room-sleeps-on-a-write", "a write on its way to a room that ends is lost",
     "answers R11"},
    {mutant::term_not_raised, "term-not-raised", "C7: a change of owner keeps the term", "R10"},
    {mutant::term_kept_over_new_timeline, "term-kept-over-new-timeline", "C7: another history, the same term",
     "R2 R4 R15"},
    {mutant::lapsed_lease_renewed, "lapsed-lease-renewed", "C8: a lease that may have ended keeps its shards",
     "world: takeover-at-owner"},
    {mutant::lease_era_ignored, "lease-era-ignored", "C8: a renewal stands for shards of before the break",
     "world: late-renewal"},
    {mutant::lease_from_answer, "lease-from-answer", "C8: the lease counts from the answer, not from the question",
     "test: a lease counts from before its renewal was sent, less a margin"},
    {mutant::claim_without_watch, "claim-without-watch", "C8: the database's clock alone says that a lease ended",
     "R7"},
    {mutant::head_word_without_lease, "head-word-without-lease", "C8, G3: an owner answers heads without a valid lease",
     "R7"},
    {mutant::owner_changed_at_once, "owner-changed-at-once",
     "C16: writes go to the next owner while the former one has some of the session's", "R9"},
    {mutant::returned_goes_last, "returned-goes-last",
     "C16: what a closing shard gives back goes behind what came later",
     "test: what a closing shard gives back goes before what arrived meanwhile"},
    {mutant::lost_write_is_unstored, "lost-write-is-unstored",
     "C9: a write that was lost with its link, and then refused, is told as not stored",
     "test: what the next owner refuses may be stored all the same, if an earlier sending of it was lost"},
    {mutant::write_after_hand_over, "write-after-hand-over",
     "C16: a shard that gave a write back takes the next one under the same term",
     "test: a shard that is handed over takes no write more"},
    {mutant::head_word_after_hand_over, "head-word-after-hand-over",
     "G3: a shard answers for its heads while it is given back",
     "test: a shard that is handed over answers for no head: its next owner may have written"},
    {mutant::freeze_under_owner, "freeze-under-owner",
     "G3: a shard's rooms go to another database under an owner that still answers for their heads",
     "model: a shard is frozen for its move only once its owner has given it back"},
    {mutant::history_before_subscribe, "history-before-subscribe",
     "C9: the first page is read before the subscription, and nothing doubts it", "R11"},
    {mutant::shared_head_query, "shared-head-query", "C17, G3: a join shares a head query sent before it arrived",
     "R7"},
    {mutant::replica_serves_history, "replica-serves-history", "C9: pages and heads come from a lagging replica", "R7"},
    {mutant::row_live_too_early, "row-live-too-early", "G3: a row goes live without the frames since its history",
     "R11"},
    {mutant::merge_without_dedup, "merge-without-dedup", "C9: what was sent as history is sent again as live", "R3"},
    {mutant::hole_ignored, "hole-ignored", "C9: a hole in the live path is passed over", "R3"},
    {mutant::slow_reader_drops_silently, "slow-reader-drops-silently", "C12: a full outbox drops, and tells nobody",
     "R3"},
    {mutant::generation_ignored, "generation-ignored", "G3: a replaced join's late word moves the new one", "R3"},
    {mutant::reset_beyond_owners_head, "reset-beyond-owners-head",
     "C13, G8: a position beyond the owner's head is reset without a look into the log", "R15"},
    {mutant::joined_names_later_head, "joined-names-later-head",
     "G3: the reply names a later head than it counted from", "R3"},
    {mutant::resume_without_proof, "resume-without-proof", "C13: a resume goes on without a look at the stored term",
     "R3 R4 R15"},
    {mutant::anchor_ignored, "anchor-ignored", "C13: a page is not held against the term of the last event",
     "R3 R4 R15"},
    {mutant::no_beacon, "no-beacon", "C10: neither beacon nor poll tells of a lost last message", "R11"},
    {mutant::no_resubscribe, "no-resubscribe", "C11: a new Redis link does not subscribe again", "late"},
    {mutant::poll_compares_behind, "poll-compares-behind", "C10: a feed is suspect if behind, not if it differs",
     "R11"},
    {mutant::mark_before_head_read, "mark-before-head-read",
     "C10: a feed takes the poll's mark before its head is read",
     "test: a suspected feed is one again with each poll, until its head was read"},
    {mutant::beacon_chain_ignored, "beacon-chain-ignored", "C10: a beacon after a missed one moves a feed on", "R11"},
    {mutant::floor_ignored, "floor-ignored", "C14: a page that begins above the floor is taken as whole", "R3 R15"},
    {mutant::head_without_floor, "head-without-floor", "C2, C14: a head ignores the floor; numbers come again", "R2"},
};

}  // namespace

std::span<const mutant_entry> mutants() { return all; }

bool choose_mutant(std::string_view name) {
  const auto found = std::ranges::find_if(all, [&](const mutant_entry& m) { return name == m.name; });
  if (found == std::end(all)) return false;
  detail::chosen = found->which;
  return true;
}

}  // namespace parley
