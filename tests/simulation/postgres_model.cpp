#include "tests/simulation/postgres_model.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>

namespace parley::simulation {
namespace {

constexpr std::size_t undo_max = 64;

position head_of(const postgres_model::room_state& room) {
  if (is_on(mutant::head_without_floor) && room.events.empty()) return {};
  return room.events.empty() ? room.floor : room.events.back()->at_position();
}

}  // namespace

postgres_model::postgres_model(agenda& time, address where, std::uint32_t shards)
    : time_(time), host_(std::make_shared<host>(time, where)), shards_(shards) {}

postgres_model::~postgres_model() {
  for (const auto& b : backends_) {
    if (const auto at = b.lock()) at->end();
  }
}

database_identity postgres_model::identity() const {
  auto number = std::to_string(timeline_);
  return {"7300000000000000001", std::string(8 - number.size(), '0') + number};
}

// ---- backends and their transactions ---------------------------------------------------------------------------

backend_ptr postgres_model::open() {
  std::erase_if(backends_, [](const auto& b) { return b.expired(); });
  auto made = std::make_shared<postgres_backend>();
  backends_.push_back(made);
  return made;
}

/// The server looks for its client now and then while a statement runs; a commit that has begun is carried out.
void postgres_model::hung_up(const backend_ptr& at) {
  if (at->waits_for_commit() || (at->is_busy() && !at->is_committing && time_.chance(50))) terminate(at);
}

void postgres_model::terminate(const backend_ptr& at) {
  unlock(at);
  at->end();
}

void postgres_model::begin(const backend_ptr& at, task statement) {
  at->arrived([this, at, statement = std::move(statement)] { later(at, work_time(), statement); });
}

void postgres_model::later(const backend_ptr& at, nanoseconds delay, task what) {
  host_->after(delay, [this, at, life = life_, what = std::move(what)] {
    if (is_up_ && life == life_) at->proceed(what);
  });
}

void postgres_model::commit(const backend_ptr& at, std::vector<shard_id> rows,
                            std::function<std::vector<task>()> change, task answer) {
  for (const auto s : rows) shards_[s.value].is_locked = true;
  at->held = std::move(rows);
  at->commit([this, at, change = std::move(change), answer = std::move(answer)] {
    at->is_committing = true;
    later(at, commit_time(), [this, at, change, answer] {
      at->is_committing = false;
      unlock(at);
      committed(change());
      answer();
      at->finished();
    });
  });
}

void postgres_model::roll_back(const backend_ptr& at, const task& answer) {
  answer();
  at->finished();
}

void postgres_model::unlock(const backend_ptr& at) {
  for (const auto s : std::exchange(at->held, {})) shards_[s.value].is_locked = false;
}

void postgres_model::when_free(const backend_ptr& at, std::vector<shard_id> rows, unsigned tries,
                               std::function<void(bool)> then) {
  const bool is_free = std::ranges::none_of(rows, [&](shard_id s) { return shards_[s.value].is_locked; });
  at->waits_for_lock = !is_free && tries > 0;
  if (!at->waits_for_lock) return then(is_free);
  later(at, lock_poll, [this, at, rows = std::move(rows), tries, then = std::move(then)]() mutable {
    when_free(at, std::move(rows), tries - 1, std::move(then));
  });
}

void postgres_model::committed(std::vector<task> undo) {
  ++tally_.commits;
  undo_.push_back(std::move(undo));
  if (undo_.size() > undo_max) undo_.erase(undo_.begin());
}

// ---- faults ----------------------------------------------------------------------------------------------------

void postgres_model::crash() {
  ++life_;
  is_up_ = false;
  ++tally_.crashes;
  for (auto& s : shards_) {
    if (s.is_locked && !s.is_locked_by_psql) ++tally_.died_in_commit;
    s.is_locked = s.is_locked_by_psql = false;
  }
  held_.clear();  // that psql's connection ended too
  for (const auto& b : std::exchange(backends_, {})) {
    if (const auto at = b.lock()) at->end();
  }
}

void postgres_model::lock(shard_id shard, bool on) {
  auto& s = shards_[shard.value];
  if (!on && !s.is_locked_by_psql) return;  // a crash ended the psql too
  s.is_locked = s.is_locked_by_psql = on;
}

void postgres_model::hold(const room_key& room, bool on) {
  if (on) {
    held_.insert(room);
  } else {
    held_.erase(room);
  }
}

bool postgres_model::somebody_waits() const {
  return std::ranges::any_of(backends_, [](const auto& b) {
    const auto at = b.lock();
    return at && at->waits_for_lock;
  });
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
