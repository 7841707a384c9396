#include "tests/core/writer_world.hpp"

#include <utility>

namespace parley::testing {

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
    r.to_writer = std::max(r.to_writer, now_ + up_to(5));
    agenda_.emplace(std::pair{r.to_writer, ++order_},
                    [this, name, life = r.life, q = *q, d] { enqueue(name, life, q, d); });
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

}  // namespace parley::testing
