#include "tests/core/writer_world.hpp"

#include <utility>

namespace parley::testing {

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
      tally_.held += outcome.has_error() && outcome.error().code == errc::locked ? 1 : 0;
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

/// A room whose shard went has told its writer all before the next one is opened there.
void writer_world::enqueue(const std::string& name, std::uint64_t life, const room_log::queue& q,
                           std::shared_ptr<const draft> d) {
  const auto& r = rooms_.at(name);
  if (r.life == life) return perform(writer_.enqueue(r.id->key, q.ticket, std::move(d), q.heard, now_, wall()));
  auto& fate = fates_.at(q.ticket);
  fate.is_final = true;
  fate.may_be_stored = false;
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
  }
  auto& r = rooms_.at(name);
  r.from_writer = std::max(r.from_writer, now_ + up_to(5));
  agenda_.emplace(std::pair{r.from_writer, ++order_},
                  [this, name, life = r.life, results] { heard(name, life, results); });
}

void writer_world::heard(const std::string& name, std::uint64_t life, const shard_writer::room_results& results) {
  auto& r = rooms_.at(name);
  if (r.life != life || !r.log) return;
  for (const auto& how : results.outcomes) {
    for (const auto& a : r.log->ended(how, now_)) answer(a, name);
  }
  r.log->heard_failures(results.failures);
}

}  // namespace parley::testing
