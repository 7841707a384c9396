#include "actors/core/mutant.hpp"
#include "tests/simulation/postgres_model.hpp"

#include <algorithm>
#include <set>

namespace parley::simulation {
namespace {

constexpr milliseconds replica_lag{50};
constexpr unsigned trial_tries = 25;  // trial_lock_timeout: 50 ms

position written_head_of(const postgres_model::room_state& room) {
  return room.events.empty() ? room.floor : room.events.back()->at_position();
}

}  // namespace

// ---- append (C1, C3) -------------------------------------------------------------------------------------------

shard_verdict postgres_model::judge(const std::string& owner, const shard_fence& fence) const {
  const auto& s = shards_[fence.shard.value];
  // SKIP LOCKED: a locked row is skipped, what is not locked is judged by its newest version.
  if (s.is_locked) return shard_verdict::locked;
  if (is_on(mutant::lease_wall_clock_no_fence)) return shard_verdict::committed;
  if (is_on(mutant::fence_without_term)) return s.n == fence.before ? shard_verdict::committed : shard_verdict::stale;
  if (!s.moved_to.empty() || s.owner != owner || s.term != fence.term) return shard_verdict::not_owner;
  return s.n == fence.before ? shard_verdict::committed : shard_verdict::stale;
}

void postgres_model::append(const backend_ptr& at, append_batch batch, reply<append_outcome> answer) {
  begin(at, [this, at, batch = std::make_shared<const append_batch>(std::move(batch)), answer = std::move(answer)] {
    if (refuses_writes(at, answer)) return;
    append_outcome outcome;
    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i < batch->shards.size(); ++i) {
      const auto verdict = judge(batch->owner, batch->shards[i].fence);
      outcome.verdicts.push_back(verdict);
      if (verdict == shard_verdict::locked) ++tally_.locked;
      if (verdict == shard_verdict::not_owner) ++tally_.fenced;
      if (verdict == shard_verdict::stale) ++tally_.stale;
      if (verdict == shard_verdict::committed) fitting.push_back(i);
    }
    const bool is_fenced = std::ranges::count(outcome.verdicts, shard_verdict::not_owner) > 0;
    if (is_fenced && !fitting.empty()) ++tally_.fenced_beside;
    const auto tries = batch->is_trial ? trial_tries : lock_tries;
    when_unheld(at, batch, fitting, tries, [this, at, batch, fitting, answer, outcome](bool is_free) {
      if (is_free) return write_batch(at, *batch, fitting, answer, outcome);
      ++tally_.held;
      roll_back(at, [&] { answer(error{errc::locked, "a held key"}); });
    });
  });
}

void postgres_model::when_unheld(const backend_ptr& at, const std::shared_ptr<const append_batch>& batch,
                                 const std::vector<std::size_t>& fitting, unsigned tries,
                                 std::function<void(bool)> then) {
  const auto is_held = [&](const room_append& r) { return !r.events.empty() && held_.contains(r.room->key); };
  const bool is_free = std::ranges::none_of(
      fitting, [&](std::size_t i) { return std::ranges::any_of(batch->shards[i].rooms, is_held); });
  at->waits_for_lock = !is_free && tries > 0;
  if (!at->waits_for_lock) {
    unlock(at);
    return then(is_free);
  }
  for (const auto i : at->held.empty() ? fitting : std::vector<std::size_t>{}) {
    at->held.push_back(batch->shards[i].fence.shard);
    shards_[at->held.back().value].is_locked = true;
  }
  later(at, lock_poll, [this, at, batch, fitting, tries, then = std::move(then)]() mutable {
    when_unheld(at, batch, fitting, tries - 1, std::move(then));
  });
}

/// What the tables' keys and the checked mode refuse, in the order in which the server finds it: a room's numbers
/// first, then the dedup keys, then holes. A refused key is answered with all keys of the batch that are stored.
std::optional<error> postgres_model::refusal_of(const append_batch& batch, const std::vector<std::size_t>& fitting,
                                                std::vector<stored_key>& duplicates) const {
  const bool is_checked = !is_on(mutant::lease_wall_clock_no_fence) && !is_on(mutant::head_moves_on_send);
  const bool has_table = !is_on(mutant::dedup_in_memory_only);
  bool is_key_stored = false, is_key_twice = false, is_hole = false;
  std::set<std::tuple<room_key, std::string, std::string>> keys;
  for (const auto i : fitting) {
    for (const auto& r : batch.shards[i].rooms) {
      if (r.events.empty()) continue;
      const auto* room = find_stored(r.room);
      const auto head = room == nullptr ? seq{0} : written_head_of(*room).seq;
      const auto newest = room == nullptr || room->events.empty() ? seq{0} : room->events.back()->seq;
      if (is_checked && newest > r.before.seq) return error{errc::room_forked, "event_key"};
      is_hole = is_hole || (is_checked && head != r.before.seq);
      for (const auto& e : r.events) {
        if (e->client_msg_id.empty() || !has_table) continue;
        is_key_stored = is_key_stored || (room != nullptr && room->keys.contains({e->sender, e->client_msg_id}));
        is_key_twice = is_key_twice || !keys.emplace(r.room->key, e->sender, e->client_msg_id).second;
      }
    }
  }
  if (!is_key_stored && !is_key_twice && is_hole) return error{errc::room_forked, "hole"};
  if (!is_key_stored && !is_key_twice) return std::nullopt;
  for (const auto& part : batch.shards) {
    for (const auto& r : part.rooms) {
      const auto* room = find_stored(r.room);
      for (const auto& e : r.events) {
        if (room == nullptr || e->client_msg_id.empty()) continue;
        const auto key = room->keys.find({e->sender, e->client_msg_id});
        if (key != room->keys.end()) duplicates.push_back(key->second);
      }
    }
  }
  if (duplicates.empty()) return error{errc::refused_content, "one key twice"};
  return std::nullopt;
}

void postgres_model::write_batch(const backend_ptr& at, const append_batch& batch,
                                 const std::vector<std::size_t>& fitting, const reply<append_outcome>& answer,
                                 append_outcome outcome) {
  const auto refusal = refusal_of(batch, fitting, outcome.duplicates);
  if (refusal) return roll_back(at, [&] { answer(*refusal); });
  if (!outcome.duplicates.empty()) {
    tally_.duplicates += outcome.duplicates.size();
    outcome.verdicts.clear();
    return roll_back(at, [&] { answer(outcome); });
  }
  std::vector<shard_id> rows;
  for (const auto i : fitting) rows.push_back(batch.shards[i].fence.shard);
  auto change = [this, batch, fitting] {
    std::vector<task> undo;
    for (const auto i : fitting) {
      for (auto& step : apply(batch.owner, batch.shards[i])) undo.push_back(std::move(step));
    }
    return undo;
  };
  if (is_on(mutant::fence_select_then_insert)) {
    return later(at, commit_time(), [this, at, batch, fitting, change, answer, outcome] {
      if (has_forked(batch, fitting)) return roll_back(at, [&] { answer(error{errc::room_forked, ""}); });
      committed(change());
      answer(outcome);
      at->finished();
    });
  }
  commit(at, std::move(rows), std::move(change), [answer, outcome = std::move(outcome)] { answer(outcome); });
}

/// The key (room, seq), where no lock has kept another writer away.
bool postgres_model::has_forked(const append_batch& batch, const std::vector<std::size_t>& fitting) const {
  return std::ranges::any_of(fitting, [&](std::size_t i) {
    return std::ranges::any_of(batch.shards[i].rooms, [&](const room_append& r) {
      const auto* room = find_stored(r.room);
      return (room == nullptr ? position{} : written_head_of(*room)) != r.before;
    });
  });
}

std::vector<task> postgres_model::apply(const std::string& owner, const shard_batch& part) {
  auto& shard = shards_[part.fence.shard.value];
  std::vector<task> undo{[&shard, before = shard.n] { shard.n = before; }};
  shard.n = part.fence.own;
  for (const auto& r : part.rooms) {
    if (r.events.empty()) continue;
    auto& room = rooms_[r.room->key];
    if (is_on(mutant::replica_serves_history)) replica_[r.room->key] = {room, time_.now() + replica_lag};
    room.room = r.room;
    for (std::size_t i = 0; i < r.events.size(); ++i) {
      const auto& e = r.events[i];
      room.events.push_back(e);
      if (!e->client_msg_id.empty()) {
        room.keys.insert_or_assign({e->sender, e->client_msg_id}, stored_key{r.room->key, e->sender, e->client_msg_id,
                                                                             e->at_position(), e->at, r.digests[i]});
      }
    }
    undo.push_back([this, key = r.room->key, count = r.events.size()] {
      auto& shortened = rooms_[key];
      for (std::size_t k = 0; k < count && !shortened.events.empty(); ++k) {
        shortened.keys.erase({shortened.events.back()->sender, shortened.events.back()->client_msg_id});
        shortened.events.pop_back();
      }
    });
  }
  if (on_commit) on_commit(owner, part);
  return undo;
}

// ---- retention (C14) -------------------------------------------------------------------------------------------

void postgres_model::trim(const backend_ptr& at, const std::string& owner, const shard_fence& fence,
                          const room_ref& ref, position floor, reply<shard_verdict> answer) {
  begin(at, [this, at, owner, fence, ref, floor, answer = std::move(answer)] {
    if (refuses_writes(at, answer)) return;
    const auto verdict = judge(owner, fence);
    if (verdict != shard_verdict::committed) return roll_back(at, [&] { answer(verdict); });
    commit(
        at, {fence.shard},
        [this, fence, ref, floor] {
          shards_[fence.shard.value].n = fence.own;
          auto& room = rooms_[ref->key];
          room.room = ref;
          if (floor.seq > room.floor.seq) room.floor = floor;
          std::erase_if(room.events, [&](const auto& e) { return e->seq <= floor.seq; });
          undo_.clear();  // the standby has it: what a failover may lose is younger
          ++tally_.trims;
          return std::vector<task>{};
        },
        [answer] { answer(shard_verdict::committed); });
  });
}

// ---- recovery (C6) ---------------------------------------------------------------------------------------------

void postgres_model::recover(const backend_ptr& at, recover_request request, reply<recovered> answer) {
  begin(at, [this, at, request = std::move(request), answer = std::move(answer)] {
    if (refuses_writes(at, answer)) return;
    std::vector<shard_id> rows;
    for (const auto& part : request.shards) rows.push_back(part.shard);
    // It waits for an old backend still at work.
    when_free(at, rows, lock_tries, [this, at, rows, request, answer](bool is_free) {
      if (!is_free) return roll_back(at, [&] { answer(error{errc::unavailable, "lock timeout"}); });
      auto found = std::make_shared<recovered>();
      for (const auto& part : request.shards) {
        const auto& s = shards_[part.shard.value];
        found->shards.push_back(
            {part.shard, s.owner == request.owner && s.term == part.term && s.moved_to.empty(), s.n});
      }
      commit(
          at, rows,
          [this, request, found] {
            std::vector<task> undo;
            for (std::size_t i = 0; i < request.shards.size(); ++i) {
              if (!found->shards[i].is_owner) continue;
              auto& s = shards_[request.shards[i].shard.value];
              undo.push_back([&s, before = s.n] { s.n = before; });
              if (!is_on(mutant::recovery_keeps_n)) s.n = std::max(s.n, request.shards[i].past);
            }
            return undo;
          },
          [this, request, found, answer] {
            for (const auto& r : request.rooms) {
              const auto* room = find_stored(r);
              found->heads.push_back(room == nullptr ? room_head{} : room_head{written_head_of(*room), room->floor});
            }
            answer(*found);
          });
    });
  });
}

}  // namespace parley::simulation
