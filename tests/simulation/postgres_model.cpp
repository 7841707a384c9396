#include "tests/simulation/postgres_model.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <memory>

namespace parley::simulation {
namespace {

constexpr std::size_t undo_max = 64;
constexpr milliseconds lock_poll{2};
constexpr unsigned claim_tries = 250;  // lock_timeout
constexpr milliseconds replica_lag{50};

position head_of(const postgres_model::room_state& room) {
  if (is_on(mutant::head_without_floor) && room.events.empty()) return {};
  return room.events.empty() ? room.floor : room.events.back()->at_position();
}

}  // namespace

postgres_model::postgres_model(agenda& time, address where, std::uint32_t shards)
    : time_(time), host_(std::make_shared<host>(time, where)), shards_(shards) {}

database_identity postgres_model::identity() const {
  auto number = std::to_string(timeline_);
  return {"7300000000000000001", std::string(8 - number.size(), '0') + number};
}

void postgres_model::later(nanoseconds delay, task what) {
  host_->after(delay, [this, life = life_, what = std::move(what)] {
    if (is_up_ && life == life_) what();
  });
}

// ---- append (C1, C3) -------------------------------------------------------------------------------------------

shard_verdict postgres_model::judge(const std::string& owner, const shard_fence& fence) const {
  const auto& s = shards_[fence.shard.value];
  if (is_on(mutant::lease_wall_clock_no_fence)) return shard_verdict::committed;
  if (is_on(mutant::fence_without_term)) return s.n == fence.before ? shard_verdict::committed : shard_verdict::stale;
  if (s.owner != owner || s.term != fence.term) return shard_verdict::not_owner;
  return s.n == fence.before ? shard_verdict::committed : shard_verdict::stale;
}

void postgres_model::append(append_batch batch, std::function<void(result<append_outcome>)> reply) {
  later(work_time(), [this, batch = std::move(batch), reply = std::move(reply)] {
    if (is_read_only_) {
      ++tally_.read_only;
      return reply(error{errc::unavailable, "read-only"});
    }
    append_outcome outcome;
    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i < batch.shards.size(); ++i) {
      const auto& fence = batch.shards[i].fence;
      // SKIP LOCKED: a locked row is skipped, what is not locked is judged by its newest version.
      const auto verdict = shards_[fence.shard.value].is_locked ? shard_verdict::locked : judge(batch.owner, fence);
      outcome.verdicts.push_back(verdict);
      if (verdict == shard_verdict::locked) ++tally_.locked;
      if (verdict == shard_verdict::not_owner) ++tally_.fenced;
      if (verdict == shard_verdict::stale) ++tally_.stale;
      if (verdict == shard_verdict::committed) fitting.push_back(i);
    }
    const bool is_fenced = std::ranges::count(outcome.verdicts, shard_verdict::not_owner) > 0;
    if (is_fenced && !fitting.empty()) ++tally_.fenced_beside;
    write_batch(batch, fitting, reply, std::move(outcome));
  });
}

void postgres_model::write_batch(const append_batch& batch, const std::vector<std::size_t>& fitting,
                                 std::function<void(result<append_outcome>)> reply, append_outcome outcome) {
  for (const auto i : fitting) {
    for (const auto& r : batch.shards[i].rooms) {
      const auto& room = rooms_[r.room->key];
      for (const auto& e : r.events) {
        const auto key = room.keys.find({e->sender, e->client_msg_id});
        const bool is_known = key != room.keys.end() && !is_on(mutant::dedup_in_memory_only);
        if (!e->client_msg_id.empty() && is_known) outcome.duplicates.push_back(key->second);
      }
      const bool is_checked = !is_on(mutant::lease_wall_clock_no_fence) && !is_on(mutant::head_moves_on_send);
      if (is_checked && head_of(room) != r.before && outcome.duplicates.empty())
        return reply(error{errc::room_forked, "head"});
    }
  }
  if (!outcome.duplicates.empty()) {
    tally_.duplicates += outcome.duplicates.size();
    outcome.verdicts.clear();
    return reply(std::move(outcome));
  }
  for (const auto i : fitting)
    shards_[batch.shards[i].fence.shard.value].is_locked = !is_on(mutant::fence_select_then_insert);
  later(commit_time(), [this, batch, fitting, reply = std::move(reply), outcome = std::move(outcome)] {
    std::vector<task> undo;
    if (is_on(mutant::fence_select_then_insert) && has_forked(batch, fitting))
      return reply(error{errc::room_forked, ""});
    for (const auto i : fitting) {
      const auto& part = batch.shards[i];
      auto& shard = shards_[part.fence.shard.value];
      shard.is_locked = false;
      undo.push_back([&shard, before = part.fence.before] { shard.n = before; });
      for (const auto& r : part.rooms) {
        undo.push_back([this, key = r.room->key, count = r.events.size()] {
          auto& room = rooms_[key];
          for (std::size_t k = 0; k < count && !room.events.empty(); ++k) {
            room.keys.erase({room.events.back()->sender, room.events.back()->client_msg_id});
            room.events.pop_back();
          }
        });
      }
      apply(batch.owner, part);
    }
    committed(std::move(undo));
    reply(outcome);
  });
}

/// The key (room, seq), where no lock has kept another writer away.
bool postgres_model::has_forked(const append_batch& batch, const std::vector<std::size_t>& fitting) {
  return std::ranges::any_of(fitting, [&](std::size_t i) {
    return std::ranges::any_of(batch.shards[i].rooms,
                               [&](const room_append& r) { return head_of(rooms_[r.room->key]) != r.before; });
  });
}

void postgres_model::apply(const std::string& owner, const shard_batch& part) {
  shards_[part.fence.shard.value].n = part.fence.own;
  for (const auto& r : part.rooms) {
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
  }
  if (on_commit) on_commit(owner, part);
}

void postgres_model::committed(std::vector<task> undo) {
  ++tally_.commits;
  undo_.push_back(std::move(undo));
  if (undo_.size() > undo_max) undo_.erase(undo_.begin());
}

// ---- recovery (C6) ---------------------------------------------------------------------------------------------

void postgres_model::recover(recover_request request, std::function<void(result<recovered>)> reply) {
  later(work_time(), [this, request = std::move(request), reply = std::move(reply)]() mutable {
    recover_when_free(std::move(request), std::move(reply));
  });
}

void postgres_model::recover_when_free(recover_request request, std::function<void(result<recovered>)> reply) {
  if (is_read_only_) return reply(error{errc::unavailable, "read-only"});
  const bool is_free =
      std::ranges::none_of(request.shards, [&](const auto& p) { return shards_[p.shard.value].is_locked; });
  if (!is_free) {  // it waits for an old backend still at work
    return later(lock_poll, [this, request = std::move(request), reply = std::move(reply)]() mutable {
      recover_when_free(std::move(request), std::move(reply));
    });
  }
  recovered answer;
  std::vector<task> undo;
  for (const auto& part : request.shards) {
    auto& s = shards_[part.shard.value];
    const bool is_owner = s.owner == request.owner && s.term == part.term;
    answer.shards.push_back({part.shard, is_owner, s.n});
    if (!is_owner) continue;
    undo.push_back([&s, before = s.n] { s.n = before; });
    if (!is_on(mutant::recovery_keeps_n)) s.n = part.past;
  }
  committed(std::move(undo));
  later(commit_time(),
        [this, request = std::move(request), reply = std::move(reply), answer = std::move(answer)]() mutable {
          for (const auto& r : request.rooms) {
            const auto* room = find_stored(r);
            answer.heads.push_back(room == nullptr ? room_head{} : room_head{head_of(*room), room->floor});
          }
          reply(std::move(answer));
        });
}

// ---- ownership -------------------------------------------------------------------------------------------------

term postgres_model::largest_term(shard_id shard) const {
  term largest;
  for (const auto& [key, room] : rooms_) {
    if (room.room && room.room->shard == shard) largest = std::max(largest, head_of(room).term);
  }
  return largest;
}

void postgres_model::claim(node_identity node, std::vector<shard_claim> claims,
                           std::function<void(result<std::vector<claimed_shard>>)> reply) {
  later(work_time(), [this, node = std::move(node), claims = std::move(claims), reply = std::move(reply)]() mutable {
    claim_when_free(node, std::move(claims), claim_tries, std::move(reply));
  });
}

void postgres_model::claim_when_free(const node_identity& node, std::vector<shard_claim> claims, unsigned tries,
                                     std::function<void(result<std::vector<claimed_shard>>)> reply) {
  if (is_read_only_) return reply(error{errc::unavailable, "read-only"});
  const bool is_free = std::ranges::none_of(claims, [&](const auto& c) { return shards_[c.shard.value].is_locked; });
  if (!is_free && tries > 0 && !is_on(mutant::head_read_before_takeover_commit)) {
    return later(lock_poll, [this, node, claims = std::move(claims), tries, reply = std::move(reply)]() mutable {
      claim_when_free(node, std::move(claims), tries - 1, std::move(reply));
    });
  }
  std::vector<claimed_shard> answer;
  std::vector<task> undo;
  const auto clock = static_cast<std::uint64_t>(host_->unix_now().time_since_epoch().count());
  for (const auto& c : claims) {
    auto& s = shards_[c.shard.value];
    const bool is_held = s.is_locked && !is_on(mutant::head_read_before_takeover_commit);
    if (is_held || s.owner != c.owner_before || s.term != c.term_before) {
      answer.push_back({c.shard, false, {}, {}});
      continue;
    }
    undo.push_back([&s, owner = s.owner, before = s.term] {
      s.owner = owner;
      s.term = before;
    });
    if (!s.owner.empty() && s.owner != node.incarnation) {
      ++tally_.takeovers;
      if (on_takeover) on_takeover();
    }
    s.owner = node.incarnation;
    s.term = std::max(
        {term{s.term.value + 1}, term{largest_term(c.shard).value + 1}, term{clock}, term{c.term_floor.value + 1}});
    if (is_on(mutant::term_not_raised)) s.term = std::max(term{1}, c.term_before);
    answer.push_back({c.shard, true, s.term, s.n});
  }
  committed(std::move(undo));
  later(commit_time(), [reply = std::move(reply), answer = std::move(answer)]() mutable { reply(std::move(answer)); });
}

void postgres_model::renew(node_identity node, milliseconds lease_time,
                           std::function<void(result<lease_renewal>)> reply) {
  later(work_time(), [this, node = std::move(node), lease_time, reply = std::move(reply)] {
    if (is_read_only_) return reply(error{errc::unavailable, "read-only"});
    auto& row = leases_[node.incarnation];
    row.node = node.name;
    row.until = host_->boot_now() + lease_time;
    ++row.renewals;
    later(commit_time(), [this, reply, renewals = row.renewals] { reply(lease_renewal{identity(), renewals}); });
  });
}

void postgres_model::release(node_identity node, std::function<void(result<std::size_t>)> reply) {
  later(work_time(), [this, node = std::move(node), reply = std::move(reply)] {
    if (is_read_only_) return reply(error{errc::unavailable, "read-only"});
    std::size_t count = 0;
    for (auto& s : shards_) {
      if (s.owner != node.incarnation || s.is_locked) continue;
      s.owner.clear();
      ++count;
    }
    leases_.erase(node.incarnation);
    later(commit_time(), [reply, count] { reply(count); });
  });
}

std::vector<shard_row> postgres_model::survey() const {
  std::vector<shard_row> rows;
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    const auto& s = shards_[i];
    const auto lease = leases_.find(s.owner);
    const bool stands = lease != leases_.end();
    rows.push_back({shard_id{i}, s.owner, s.term, s.n, stands && lease->second.until > host_->boot_now(),
                    stands ? lease->second.renewals : 0});
  }
  return rows;
}

// ---- faults ----------------------------------------------------------------------------------------------------

void postgres_model::crash() {
  ++life_;
  is_up_ = false;
  ++tally_.crashes;
  for (auto& s : shards_) {
    if (s.is_locked) ++tally_.died_in_commit;
    s.is_locked = false;
  }
}

bool postgres_model::trim(const room_key& key, seq up_to) {
  auto& room = rooms_[key];
  if (!room.room || shards_[room.room->shard.value].is_locked) return false;
  const auto past = std::ranges::find_if(room.events, [&](const auto& e) { return e->seq > up_to; });
  if (past == room.events.begin()) return false;
  room.floor = (*std::prev(past))->at_position();
  room.events.erase(room.events.begin(), past);
  undo_.clear();  // the standby has it: what a failover may lose is younger
  ++tally_.trims;
  return true;
}

std::vector<postgres_model::lost_tail> postgres_model::fail_over(std::size_t commits) {
  crash();
  std::map<room_key, position> before;
  for (const auto& [key, room] : rooms_) before.emplace(key, head_of(room));
  for (; commits > 0 && !undo_.empty(); --commits) {
    auto& newest = undo_.back();
    for (auto step = newest.rbegin(); step != newest.rend(); ++step) (*step)();
    undo_.pop_back();
  }
  undo_.clear();
  std::vector<lost_tail> lost;
  for (const auto& [key, room] : rooms_) {
    if (room.room && head_of(room) != before[key]) lost.push_back({room.room, head_of(room), before[key]});
  }
  ++timeline_;
  ++tally_.failovers;
  if (!lost.empty()) ++tally_.lost_tails;
  is_up_ = true;
  return lost;
}

}  // namespace parley::simulation
