#include "node/ctl/data_mover.hpp"

#include "node/ctl/cluster_rows.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"
#include "node/ctl/waiting.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

namespace parley::ctl {
namespace {

constexpr std::size_t passes_max = 10;
constexpr std::size_t little = 500;  // events that came while a pass was under way: the rest is copied at once
constexpr seconds closing_time{4};   // said again each second: the end of this program leaves a free shard but shortly
// "move" in hexadecimal. The session of a program that was killed may take a moment to end.
constexpr const char* lock_sql = "SELECT pg_try_advisory_lock(x'6d6f7665'::int4, 0)";
constexpr seconds lock_patience{5};
constexpr seconds lease_patience{2};       // a node that has just started takes its leases one after the other
constexpr milliseconds freeze_period{20};  // of attempts, while the owner ends what is under way

/// The nodes that live, and have no lease in the database at that place.
std::set<std::string> nodes_without(cluster& where, std::size_t place) {
  const auto leases = leases_of(where);
  std::set<std::string> knowing, missing;
  for (const auto& lease : leases.at(place)) {
    if (lease.has_lease) knowing.insert(lease.incarnation);
  }
  for (const auto& of_one : leases) {
    for (const auto& lease : of_one) {
      if (lease.has_lease && !knowing.contains(lease.incarnation)) missing.insert(lease.node);
    }
  }
  return missing;
}

}  // namespace

data_mover::data_mover(cluster& where, std::uint32_t shard, std::size_t to, std::function<void(const std::string&)> say)
    : where_(where),
      shard_(shard),
      source_(where.home_of(shard)),
      target_(where.databases().at(to)),
      source_id_(id_of(source_)),
      target_id_(id_of(target_)),
      say_(std::move(say)) {
  copy_.emplace(source_, target_, shard_, [this](const copied_rows& copied) { tell(copied); });
}

void data_mover::tell(const copied_rows& copied) {
  outcome_.copied = copied;
  if (!is_time_to_tell()) return;
  say_("shard " + std::to_string(shard_) + ": " + counted(copied.rooms, "room") + ", " +
       counted(copied.events, "event") + ", " + counted(copied.keys, "key") + " copied");
}

void data_mover::tell_cleared(std::size_t rows) {
  if (is_time_to_tell())
    say_("shard " + std::to_string(shard_) + ": " + counted(rows, "row") + " of a former copy removed");
}

bool data_mover::is_time_to_tell() {
  if (clock::now() - told_at_ < seconds{1}) return false;
  told_at_ = clock::now();
  return true;
}

move_view data_mover::look() {
  if (&source_ == &target_) return {copy_state::live, copy_state::live, true};
  const auto here = moving_row_of(source_, shard_), there = moving_row_of(target_, shard_);
  return {state_of(here.moved_to, here.term, target_id_), state_of(there.moved_to, there.term, source_id_), false};
}

// ---- there -----------------------------------------------------------------------------------------------------

data_mover::outcome data_mover::run(seconds give_back_at_most) {
  auto view = look();
  for (auto next = next_step(view); next != move_step::done; next = next_step(view)) {
    if (next == move_step::conflict) conflict(view);
    try {
      step(next, give_back_at_most);
    } catch (const refusal& why) {
      if (next != move_step::copy_rest && next != move_step::write_map) throw;
      throw refusal(why.code(), std::string(why.what()) + ". Shard " + std::to_string(shard_) +
                                    " stands still until the same command is repeated" +
                                    (next == move_step::copy_rest ? ", or taken back with --abort" : ""));
    }
    if (next == move_step::write_map) break;
    view = look();
  }
  return outcome_;
}

void data_mover::step(move_step next, seconds give_back_at_most) {
  switch (next) {
    case move_step::begin: return begin();
    case move_step::copy_live: return copy_live(give_back_at_most);
    case move_step::copy_rest: return copy_rest();
    case move_step::write_map: return place_shard(where_.home(), shard_, target_.place());
    case move_step::done:
    case move_step::conflict: break;
  }
}

/// A former copy goes first: it may be of another history than what comes.
void data_mover::begin() {
  if (!mark_as_moved(target_, shard_, source_id_))
    target_.refuse(exit_code::incompatible,
                   "has an owner for shard " + std::to_string(shard_) + " that lives elsewhere");
  clear_rooms(target_, shard_, [this](std::size_t rows) { tell_cleared(rows); });
  mark_as_arriving(target_, shard_, source_id_);
}

void data_mover::catch_up() {
  for (std::size_t pass = 0; pass < passes_max; ++pass) {
    if (copy_->bring().events < little) return;
  }
}

void data_mover::copy_live(seconds give_back_at_most) {
  catch_up();
  copy_->compare_what_came();
  catch_up();
  refuse_unless_all_know(where_, target_.place());
  close_and_freeze(give_back_at_most);
}

void data_mover::close_and_freeze(seconds at_most) {
  const auto asked_at = clock::now();
  for (std::optional<clock::time_point> said_at;;) {
    if (!said_at || clock::now() - *said_at > seconds{1}) {
      said_at = clock::now();
      close_shard(source_, shard_, static_cast<int>(closing_time.count()));
    }
    if (freeze(source_, shard_, target_id_)) {
      outcome_.frozen_at = clock::now();
      return;
    }
    const auto row = moving_row_of(source_, shard_);
    if (!row.moved_to.empty()) return;  // somebody else froze it: the next look tells
    if (clock::now() - asked_at >= at_most) {
      reopen_shard(source_, shard_);
      throw refusal(
          exit_code::not_yet,
          "after " + std::to_string(at_most.count()) + " s shard " + std::to_string(shard_) + " is still owned by " +
              shown(row.owner_name) +
              ": it goes on there, what was copied stays for the next run. Look at `parleyctl nodes` and into "
              "that node's log; where no node lives, start one: it takes the shard over and gives it back");
    }
    std::this_thread::sleep_for(freeze_period);
  }
}

void data_mover::copy_rest() {
  copy_->bring();
  copy_->compare_all();
  if (!activate(target_, shard_, source_id_, moving_row_of(source_, shard_)))
    target_.refuse(exit_code::not_yet, "does not have shard " + std::to_string(shard_) +
                                           " as arriving any more: another parleyctl was faster");
}

void data_mover::conflict(const move_view& view) {
  const bool is_half_back = view.source == copy_state::moved;
  throw refusal(
      exit_code::incompatible,
      "shard " + std::to_string(shard_) +
          (is_half_back ? " was being taken back: finish that first, with --abort"
                        : " is on its way between other databases, or its rows are of different backups: see "
                          "`moved_to` in parley.shard of each database, and finish the move that began first"));
}

// ---- and back --------------------------------------------------------------------------------------------------

void data_mover::run_back() {
  for (;;) {
    switch (next_step_back(look())) {
      case back_step::too_late:
        throw refusal(exit_code::usage, "shard " + std::to_string(shard_) + " is active in database " +
                                            std::to_string(target_.place() + 1) +
                                            " already: repeat the move without --abort, then move it back");
      case back_step::forget: forget_arrival(target_, shard_, source_id_); break;
      case back_step::thaw: thaw(source_, shard_, target_id_); break;
      case back_step::clean:
        reopen_shard(source_, shard_);
        clear_rooms(target_, shard_, [this](std::size_t rows) { tell_cleared(rows); });
        return;
    }
  }
}

void take_turn(cluster& where) {
  const auto is_ours = [](database& one) { return one.ask(lock_sql).at(0).flag(0); };
  const bool is_turn = std::ranges::all_of(where.databases(), [&](database& one) {
    return wait_until([&] { return is_ours(one); }, lock_patience).has_value();
  });
  if (is_turn) return;
  throw refusal(exit_code::not_yet, "another parleyctl changes this cluster's databases: wait until it has ended");
}

void refuse_unless_all_know(cluster& where, std::size_t place) {
  std::set<std::string> missing;
  const auto all_know = [&] {
    missing = nodes_without(where, place);
    return missing.empty();
  };
  if (wait_until(all_know, lease_patience)) return;
  std::string names;
  for (const auto& name : missing) names += (names.empty() ? "" : ", ") + shown(name);
  throw refusal(exit_code::incompatible, "these nodes do not use database " + std::to_string(place + 1) + ": " + names +
                                             ". Restart each with the cluster's whole list of databases first");
}

}  // namespace parley::ctl
