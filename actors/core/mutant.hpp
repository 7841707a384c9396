#pragma once

#ifdef PARLEY_MUTANTS
#include <span>
#include <string_view>
#endif

namespace parley {

/// A bug that can be switched on, in builds with `-DPARLEY_MUTANTS=ON` only, so that a test can show that it would see
/// it: `scripts/mutants` runs each one's proof and expects it to fail. The line that breaks a rule stands beside that
/// rule; what it breaks is told in `mutant.cpp`.
enum class mutant {
  none,
  // writes
  publish_before_commit,
  ack_before_commit,
  fence_without_term,
  fence_select_then_insert,
  lease_wall_clock_no_fence,
  head_read_before_takeover_commit,
  dedup_in_memory_only,
  unknown_is_failed,
  unknown_is_stored,
  late_is_failed,
  attempt_id_reused,
  recovery_keeps_n,
  stale_is_committed,
  locked_is_committed,
  verdict_of_a_neighbour,
  head_moves_on_send,
  requeue_at_the_back,
  retry_reorders_session,
  unheard_failure_passes,
  tickets_begin_anew,
  room_sleeps_on_a_write,
  // ownership
  term_not_raised,
  term_kept_over_new_timeline,
  lapsed_lease_renewed,
  lease_era_ignored,
  lease_from_answer,
  claim_without_watch,
  head_word_without_lease,
  // changes of owner
  owner_changed_at_once,
  returned_goes_last,
  lost_write_is_unstored,
  write_after_hand_over,
  head_word_after_hand_over,
  freeze_under_owner,
  // joins and the live path
  history_before_subscribe,
  shared_head_query,
  replica_serves_history,
  row_live_too_early,
  merge_without_dedup,
  hole_ignored,
  slow_reader_drops_silently,
  generation_ignored,
  reset_beyond_owners_head,
  joined_names_later_head,
  resume_without_proof,
  anchor_ignored,
  // lost tails
  no_beacon,
  no_resubscribe,
  poll_compares_behind,
  mark_before_head_read,
  beacon_chain_ignored,
  // the floor
  floor_ignored,
  head_without_floor,
};

#ifdef PARLEY_MUTANTS

/// What a mutant is called, which rule or guarantee (docs/rules.md) it breaks, and what finds it: rules
/// of the checker, `world: NAME` of tests/exhaustive, `test: NAME` of tests/core or `model: NAME` of tests/simulation.
struct mutant_entry {
  mutant which;
  const char* name;
  const char* breaks;
  const char* found_by;
};

std::span<const mutant_entry> mutants();
/// Before anything else runs. @returns false: there is none of that name
bool choose_mutant(std::string_view name);

namespace detail {
inline mutant chosen = mutant::none;
}  // namespace detail
inline bool is_on(mutant m) { return detail::chosen == m; }

#else

constexpr bool is_on(mutant) { return false; }

#endif

}  // namespace parley
