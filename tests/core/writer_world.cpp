#include "tests/core/writer_world.hpp"

#include <utility>

namespace parley::testing {
namespace {

shard_writer_options options_of(std::uint64_t seed) {
  shard_writer_options options;
  options.batch_events_max = 1 + seed % 13;
  options.queued_max = 5 + seed % 40;
  options.deadline = 400ms;
  options.retry_delay_max = 100ms;
  return options;
}

}  // namespace

writer_tally& writer_tally::operator+=(const writer_tally& o) {
  acked += o.acked, duplicates += o.duplicates, unknown += o.unknown, not_stored += o.not_stored, refused += o.refused;
  locked += o.locked, held += o.held, unavailable += o.unavailable, recovered_stored += o.recovered_stored;
  recovered_lost += o.recovered_lost, recoveries_repeated += o.recoveries_repeated, step_downs += o.step_downs;
  late_statements += o.late_statements, grouped += o.grouped, reopened += o.reopened;
  return *this;
}

writer_world::writer_world(std::uint64_t seed)
    : random_(seed), writer_(us, options_of(seed)), options_(options_of(seed)) {
  failing_percent_ = static_cast<unsigned>(chance(60) ? below(40) : 0);
  unknown_percent_ = static_cast<unsigned>(chance(60) ? below(40) : 0);
  bad_percent_ = static_cast<unsigned>(chance(30) ? 1 + below(10) : 0);
  moving_percent_ = static_cast<unsigned>(chance(50) ? 1 + below(8) : 0);
  holding_percent_ = static_cast<unsigned>(chance(40) ? 1 + below(10) : 0);
  storage_delay_ms_ = chance(50) ? below(20) : below(150);
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto name = "room" + std::to_string(i);
    rooms_[name].id = room_named(name, i % 3);
  }
  for (std::uint64_t i = 1; i <= 3; ++i) sessions_[i].id = session_id{i};
  for (std::uint32_t i = 0; i < 3; ++i) open_shard(shard_id{i});
}

void writer_world::after(milliseconds delay, std::function<void()> what) {
  agenda_.emplace(std::pair{now_ + delay, ++order_}, std::move(what));
}

void writer_world::run_until(instant end) {
  while (!agenda_.empty() && agenda_.begin()->first.first <= end && violation().empty()) {
    auto step = agenda_.extract(agenda_.begin());
    now_ = step.key().first;
    step.mapped()();
  }
  now_ = end;
}

void writer_world::run() {
  std::function<void()> tick = [&] {
    perform(writer_.tick(now_, wall()));
    for (auto& [name, r] : rooms_) {
      if (!owned_.contains(r.id->shard) && (is_healed_ || below(20) == 0)) open_shard(r.id->shard);
    }
    after(10ms, tick);
  };
  after(10ms, tick);
  for (auto steps = 50 + below(150); steps > 0; --steps) {
    act();
    run_until(now_ + up_to(below(20) == 0 ? 600 : 10));
  }
  is_healed_ = true;
  for (auto& [id, rows] : store_.shards) rows.is_locked = false;
  store_.held.clear();
  for (int rounds = 0; rounds < 60 && !is_all_done(); ++rounds) {  // every session repeats in order what failed
    run_until(now_ + 1s);
    for (auto& [id, s] : sessions_) {
      for (auto& [name, r] : rooms_) repeat(s, name);
    }
  }
  run_until(now_ + 2s);
  if (violation().empty()) check_end();
}

bool writer_world::is_all_done() const {
  for (const auto& [id, s] : sessions_) {
    for (const auto& [name, messages] : s.sent) {
      for (const auto& m : messages) {
        if (!m.is_answered || !m.is_done) return false;
      }
    }
  }
  return writer_.is_idle();
}

void writer_world::act() {
  auto& s = sessions_.at(1 + below(sessions_.size()));
  const auto name = "room" + std::to_string(below(rooms_.size()));
  const auto dice = below(100);
  if (below(100) < holding_percent_) {
    const auto key = rooms_.at(name).id->key;
    if (store_.held.erase(key) == 0) store_.held.insert(key);
  }
  if (below(100) < moving_percent_) {
    const shard_id id{static_cast<std::uint32_t>(below(3))};
    if (below(2) == 0) {
      drop_shard(id);  // a hand-over: this node stops first
    } else if (!store_.shards[id].is_locked) {
      store_.claim(id, "them");  // a takeover: this node hears of it from its next batch
      for (auto& [n, r] : rooms_) {
        if (r.id->shard == id && below(2) == 0) store_.foreign_event(r.id);
      }
    }
  } else if (dice < 70) {
    for (auto count = 1 + below(5); count > 0; --count) publish(s, name);
  } else if (dice < 85) {
    repeat(s, name);
  } else if (dice < 92 && failing_percent_ > 0) {
    auto& rows = store_.shards[shard_id{static_cast<std::uint32_t>(below(3))}];
    rows.is_locked = !rows.is_locked;
  } else if (dice < 96) {
    clock_step_ += static_cast<std::int64_t>(below(20000)) - 10000;
  } else {
    auto& r = rooms_.at(name);
    if (r.log && r.log->queued() == 0) reopen_room(r);  // an idle room slept and woke up
  }
}

// ---- ownership ---------------------------------------------------------------------------------------------------

void writer_world::open_shard(shard_id id) {
  if (owned_.contains(id) || store_.shards[id].is_locked) return;
  const auto [under, n] = store_.claim(id, us);
  writer_.open_shard(id, under, n);
  owned_.insert(id);
  for (auto& [name, r] : rooms_) {
    if (r.id->shard == id) reopen_room(r);
  }
}

void writer_world::reopen_room(room& r) {
  ++tally_.reopened;
  writer_.close_room(r.id->key);
  const auto& events = store_.rooms[r.id->key].events;
  const auto head = store_.head_of(r.id);
  writer_.open_room(r.id, head, events.empty() ? unix_time{} : events.back()->at);
  r.log = std::make_unique<room_log>(r.id, head, room_log_options{4, 20, ++lives_ << 32});
  r.life = lives_;
}

void writer_world::drop_shard(shard_id id) {
  if (owned_.erase(id) == 0) return;
  perform(writer_.close_shard(id));
  for (auto& [name, r] : rooms_) {
    if (r.id->shard != id || !r.log) continue;
    for (const auto& a : r.log->abandon()) answer(a, name);
    r.log.reset();
    r.life = 0;
  }
}

void writer_world::check_end() {
  if (!writer_.is_idle()) fail("drafts are left in the writer");
  std::set<std::string> impossible;
  for (const auto& [t, fate] : fates_) {
    if (!fate.is_final && !fate.is_unknown) fail("a ticket without an answer");
    if (!fate.may_be_stored) impossible.insert(fate.attempt);
  }
  for (const auto& [name, r] : rooms_) {
    for (const auto& e : store_.rooms[r.id->key].events) {
      if (impossible.contains(e->body.metadata)) fail("stored, although its sender was told that it is not");
    }
  }
  for (auto& [id, s] : sessions_) {
    if (s.order.waiting() != 0) fail("a write without an answer");
    for (const auto& [name, messages] : s.sent) {
      seq last;
      for (const auto& m : messages) {
        if (!m.is_done) return fail("a message that was never done");
        if (!m.acked) continue;
        if (m.acked->seq <= last) fail("a session's order was broken");
        last = m.acked->seq;
      }
    }
  }
}

}  // namespace parley::testing
