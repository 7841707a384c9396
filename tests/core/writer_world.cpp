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

const std::string us = "us";

}  // namespace

writer_tally& writer_tally::operator+=(const writer_tally& o) {
  acked += o.acked, duplicates += o.duplicates, unknown += o.unknown, not_stored += o.not_stored, refused += o.refused;
  locked += o.locked, unavailable += o.unavailable, recovered_stored += o.recovered_stored;
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
}

void writer_world::drop_shard(shard_id id) {
  if (owned_.erase(id) == 0) return;
  perform(writer_.close_shard(id));
  for (auto& [name, r] : rooms_) {
    if (r.id->shard != id || !r.log) continue;
    for (const auto& a : r.log->abandon()) answer(a, name);
    r.log.reset();
  }
}

// ---- sessions ----------------------------------------------------------------------------------------------------

void writer_world::publish(session& s, const std::string& name) {
  auto& mine = s.sent[name];
  // After a failure it knows that what it sent behind that fails too: it waits, and repeats in order.
  if (mine.size() >= 80 || s.failed.contains(name)) return;
  const bool is_bad = below(100) < bad_percent_;
  const bool has_key = below(10) != 0;
  auto d = draft_of("user" + std::to_string(s.id.value),
                    has_key ? std::to_string(s.id.value) + '-' + std::to_string(mine.size()) : "");
  d->body.text = is_bad ? "bad" : std::to_string(mine.size());
  // What came back as failed is repeated first, so that the order holds.
  for (const auto& m : mine) {
    if (m.is_answered && !m.is_done) return;
  }
  mine.push_back({name, d, false, false, {}});
  send(s, name, mine.size() - 1);
}

void writer_world::repeat(session& s, const std::string& name) {
  if (!s.expected[name].empty()) return;  // it waits until all is answered, so that it repeats in order
  auto& mine = s.sent[name];
  for (std::size_t i = 0; i < mine.size(); ++i) {
    const bool has_failed = mine[i].is_answered && !mine[i].is_done;
    if (has_failed || (mine[i].acked && !mine[i].what->client_msg_id.empty() && chance(5))) send(s, name, i);
  }
}

void writer_world::send(session& s, const std::string& name, std::size_t index) {
  auto& m = s.sent[name][index];
  m.is_answered = false;
  auto d = std::make_shared<draft>(*m.what);
  d->body.metadata = std::to_string(++attempts_);
  const auto place = s.order.sent(name);
  s.expected[name].push_back(index);
  s.to_room = std::max(s.to_room, now_ + up_to(5));
  agenda_.emplace(std::pair{s.to_room, ++order_},
                  [this, id = s.id, place, name, d] { arrive(id, place.number, place.round, name, d); });
}

void writer_world::arrive(session_id id, std::uint64_t number, write_gate::round round, const std::string& name,
                          std::shared_ptr<const draft> d) {
  auto& r = rooms_.at(name);
  const room_log::asker from{id, round, number};
  if (!r.log || !router_[name].admits(id, round)) {
    answer({from, refusal{refusal_code::unavailable, "no owner, or behind a failure", {}}}, name);
    return;
  }
  const auto decision = r.log->publish(from, d, now_);
  if (const auto* a = std::get_if<room_log::answer>(&decision)) answer(*a, name);
  if (const auto* q = std::get_if<room_log::queue>(&decision)) {
    if (!fates_.emplace(q->ticket, ticket_fate{d->body.metadata, false, false, true}).second)
      fail("a ticket given twice");
    perform(writer_.enqueue(r.id->key, q->ticket, d, now_, wall()));
  }
}

void writer_world::answer(const room_log::answer& a, const std::string& name) {
  auto& s = sessions_.at(a.to.session.value);
  s.to_session = std::max(s.to_session, now_ + up_to(5));
  server_message m;
  if (const auto* done = std::get_if<reply::published>(&a.what)) {
    m.body = *done;
  } else {
    const auto& why = std::get<refusal>(a.what);
    m.body = reply::failed{why, name, {}};
    if (why.code != refusal_code::bad_request) router_[name].failed(a.to.session, a.to.round, now_);
  }
  agenda_.emplace(std::pair{s.to_session, ++order_}, [this, &s, number = a.to.number, name, m] {
    for (const auto& ready : s.order.answered(name, number, m)) told(s, name, ready);
  });
}

void writer_world::told(session& s, const std::string& name, const server_message& answered) {
  auto& expected = s.expected[name];
  if (expected.empty()) return fail("an answer to nothing");
  auto& m = s.sent[name][expected.front()];
  expected.pop_front();
  m.is_answered = true;
  const auto* failed = std::get_if<reply::failed>(&answered.body);
  if (failed && failed->why.code != refusal_code::bad_request) s.failed.insert(name);
  if (expected.empty()) s.failed.erase(name);
  if (const auto* p = std::get_if<reply::published>(&answered.body)) {
    ++tally_.acked;
    m.is_done = true;
    const auto& events = store_.rooms[rooms_.at(name).id->key].events;
    const auto at_seq = p->at_position.seq.value;
    if (at_seq == 0 || at_seq > events.size() || events[at_seq - 1]->at_position() != p->at_position) {
      return fail("acked, but not stored");
    }
    const auto& stored = *events[at_seq - 1];
    if (stored.sender != m.what->sender || stored.body.text != m.what->body.text)
      return fail("acked as another's event");
    if (m.acked && *m.acked != p->at_position) return fail("one key, two positions");
    if (m.acked && !p->duplicate) return fail("a repeat that is no duplicate");
    m.acked = p->at_position;
    tally_.duplicates += p->duplicate ? 1 : 0;
    return;
  }
  const auto code = std::get<reply::failed>(answered.body).why.code;
  switch (code) {
    case refusal_code::unavailable: ++tally_.not_stored; break;
    case refusal_code::outcome_unknown: ++tally_.unknown; break;
    case refusal_code::bad_request:
      if (m.what->body.text != "bad") fail("good content was refused");
      ++tally_.refused;
      m.is_done = true;
      break;
    default: fail("an answer that nothing explains");
  }
  if (m.acked) m.is_done = true;
  if (m.what->client_msg_id.empty()) m.is_done = true;  // it cannot be repeated safely
}

// ---- storage -----------------------------------------------------------------------------------------------------

void writer_world::perform(shard_writer::effects effects) {
  for (auto& effect : effects) {
    if (auto* a = std::get_if<shard_writer::append>(&effect)) {
      append(a->batch);
    } else if (auto* r = std::get_if<shard_writer::recover>(&effect)) {
      recover(r->request);
    } else if (auto* results = std::get_if<shard_writer::room_results>(&effect)) {
      ended(*results);
    } else if (auto* moved = std::get_if<shard_writer::shard_moved>(&effect)) {
      for (const auto& h : moved->heads) {
        const auto& events = store_.rooms[h.room].events;
        if (h.head.head.seq.value > events.size() || events[h.head.head.seq.value - 1]->at_position() != h.head.head) {
          fail("a beacon's head is not stored");
        }
      }
      const auto& rows = store_.shards[moved->shard];
      if (rows.owner == us && rows.term == moved->mark.term.value && rows.n != moved->mark.n.value) {
        fail("a beacon's mark is not the row's");
      }
    } else if (auto* down = std::get_if<shard_writer::step_down>(&effect)) {
      ++tally_.step_downs;
      const auto& rows = store_.shards[down->shard];
      if (rows.owner == us && rows.term == down->term.value)
        fail("stepped down although nothing was wrong: " + down->reason);
      drop_shard(down->shard);
    }
  }
}

void writer_world::append(const append_batch& batch) {
  const auto dice = is_healed_ ? 100 : below(100);
  std::size_t drafts = 0;
  for (const auto& part : batch.shards) {
    for (const auto& r : part.rooms) drafts += r.events.size();
    if (!store_.shards[part.fence.shard].seen.insert(part.fence.own.value).second &&
        store_.shards[part.fence.shard].term == part.fence.term.value) {
      fail("an attempt id was used twice");
    }
  }
  tally_.grouped += drafts > 1 ? 1 : 0;
  if (drafts == 0 || drafts > options_.batch_events_max) fail("a batch that is empty or too large");
  const auto delay = up_to(storage_delay_ms_);
  const auto tell = [this](result<append_outcome> outcome) {
    perform(writer_.appended(std::move(outcome), now_, wall()));
  };
  if (dice < failing_percent_) {
    ++tally_.unavailable;
    after(delay, [tell] { tell(error{errc::unavailable, "no connection"}); });
  } else if (dice < failing_percent_ + unknown_percent_) {
    const auto fate = below(3);
    after(delay, [this, tell, batch, fate] {
      if (fate == 0) (void)store_.append(batch);  // committed, and the answer was lost
      if (fate == 1) {                            // still on its way: it comes when all was recovered
        ++tally_.late_statements;
        after(up_to(300), [this, batch] { (void)store_.append(batch); });
      }
      tell(error{errc::outcome_unknown, "the link broke"});
    });
  } else {
    after(delay, [this, tell, batch] {
      auto outcome = store_.append(batch);
      if (outcome.has_value()) {
        for (const auto v : outcome->verdicts) tally_.locked += v == shard_verdict::locked ? 1 : 0;
      }
      after(up_to(storage_delay_ms_), [tell, outcome] { tell(outcome); });
    });
  }
}

void writer_world::recover(const recover_request& request) {
  const bool is_lost = chance(30);
  after(up_to(storage_delay_ms_ * 4), [this, request, is_lost, is_done = below(2) == 0] {
    if (is_lost && !is_done) {
      perform(writer_.recovered(error{errc::outcome_unknown, "the link broke again"}, now_, wall()));
      return;
    }
    auto answer = store_.recover(request);
    if (is_lost) {
      ++tally_.recoveries_repeated;
      perform(writer_.recovered(error{errc::outcome_unknown, "the recovery's answer was lost"}, now_, wall()));
      return;
    }
    perform(writer_.recovered(std::move(answer), now_, wall()));
  });
}

void writer_world::ended(const shard_writer::room_results& results) {
  const auto name = [&] {
    for (const auto& [n, r] : rooms_) {
      if (r.id->key == results.room) return n;
    }
    return std::string{};
  }();
  for (const auto& how : results.outcomes) {
    auto& fate = fates_.at(how.ticket);
    const bool is_unknown = std::holds_alternative<outcome::unknown>(how.how);
    const bool is_stored = std::holds_alternative<outcome::committed>(how.how);
    if (fate.is_final || (fate.is_unknown && is_unknown)) return fail("a ticket was answered twice");
    if (fate.is_unknown && std::holds_alternative<outcome::refused>(how.how)) return fail("refused after unknown");
    (is_unknown ? fate.is_unknown : fate.is_final) = true;
    fate.may_be_stored = is_unknown || is_stored;
    tally_.recovered_stored += fate.is_unknown && is_stored ? 1 : 0;
    if (auto& r = rooms_.at(name); r.log) {
      for (const auto& a : r.log->ended(how, now_)) answer(a, name);
    }
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
