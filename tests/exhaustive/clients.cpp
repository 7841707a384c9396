#include "tests/exhaustive/clients.hpp"

#include "actors/core/overload.hpp"

#include <algorithm>

namespace parley::exhaustive {

bool publisher::is(publisher::state s) const {
  return std::ranges::any_of(writes, [&](const write& w) { return w.state == s; });
}

bool publisher::is_done() const {
  return std::ranges::all_of(writes, [](const write& w) { return w.state == state::acked; });
}

bool publisher::may_send(unsigned attempts_max) const {
  if (!is(state::failed)) return is(state::unsent);
  return !is(state::waiting) && std::ranges::all_of(writes, [&](const write& w) {
    return w.state != state::failed || w.attempts < attempts_max;
  });
}

seq publisher::acked() const {
  seq most;
  for (const auto& w : writes) most = std::max(most, w.acked.seq);
  return most;
}

void publisher::cut() {
  for (auto& w : writes) {
    if (w.state == state::waiting) w.state = state::failed;
  }
  order = {};
  session = session_id{session.value + 10};
}

std::string publisher::told(const server_message& answer, const storage& stored) {
  auto found =
      std::ranges::find_if(writes, [&](const write& w) { return w.state == state::waiting && w.number == answer.id; });
  if (found == writes.end()) return {};
  auto& w = *found;
  if (const auto* failed = std::get_if<reply::failed>(&answer.body)) {
    w.state = state::failed;
    if (failed->why.code == refusal_code::outcome_unknown) return {};
    if (failed->why.code != refusal_code::unavailable) return "a publish was refused: " + failed->why.message;
    w.refused.push_back(std::to_string(w.attempts));
    return {};
  }
  w.state = state::acked;
  w.acked = std::get<reply::published>(answer.body).at_position;
  const auto e = stored.at(w.acked.seq);
  if (!e || e->term != w.acked.term || e->client_msg_id != w.what->client_msg_id)
    return "R1: an ack that is not stored";
  if (w.acked.seq <= w.after) return "R8: asked after the ack of a later seq";
  for (auto earlier = writes.begin(); earlier != found; ++earlier) {
    if (earlier->acked.seq >= w.acked.seq) return "R9: a session's publishes lost their order";
  }
  return {};
}

// ---- the reader ------------------------------------------------------------------------------------------------

void reader::ask(request::join_options wish, seq acked) {
  options = std::move(wish);
  must_reach = acked;
  is_asked = true;
  is_joined = is_live = was_live = false;
}

std::string reader::told(const shown& what, const storage& stored) {
  if (!is_joined && !std::holds_alternative<reply::joined>(what) && !std::holds_alternative<refusal>(what))
    return "R3: something of the stream before its reply";
  return std::visit(
      overload{[&](const reply::joined& j) { return got(j, stored); },
               [&](const push::batch& b) { return got(b, stored); }, [&](const push::live& l) { return got(l); },
               [&](const push::gap&) -> std::string { return "R15: a gap, although nothing was lost"; },
               [&](const push::catching_up& c) -> std::string {
                 if (!std::exchange(is_live, false)) return "R3: catching_up while not live";
                 return c.at == last ? "" : "R3: catching_up is elsewhere";
               },
               [&](const refusal&) -> std::string {
                 is_asked = false;
                 return {};
               },
               [](const auto&) -> std::string { return {}; }},
      what);
}

std::string reader::got(const reply::joined& j, const storage& stored) {
  if (std::exchange(is_joined, true)) return "R3: a second reply";
  last = j.start;
  if (j.head.seq < must_reach) return "R7: the reply's head misses what was acknowledged before the join";
  const auto head = stored.at(j.head.seq);
  if (j.head.seq.value > 0 && (!head || head->term != j.head.term)) return "R4: the reply's head is not stored";
  if (options.since) {
    if (j.recovered != true) return "R15: not recovered, although nothing was lost";
    return j.start == *options.since ? "" : "R3: a resume that does not go on where it stood";
  }
  const auto first = j.head.seq.value - std::min<std::uint64_t>(j.head.seq.value, options.rewind.value_or(0));
  return j.start.seq.value == first ? "" : "R3: a rewind that begins elsewhere";
}

std::string reader::got(const push::batch& b, const storage& stored) {
  if (b.before != last.seq) return "R3: prev is not the last seq";
  if ((b.phase == push::phase::live) != is_live) return "R3: the phase is wrong";
  for (const auto& e : b.events) {
    if (e->seq != next(last.seq)) return "R3: a hole or a repeat";
    const auto row = stored.at(e->seq);
    if (!row || *row != *e) return "R4: shown, but not stored";
    last = e->at_position();
  }
  return {};
}

std::string reader::got(const push::live& l) {
  if (is_live) return "R3: live twice";
  if (l.at != last) return "R3: live is elsewhere";
  is_live = true;
  if (!std::exchange(was_live, true) && l.at.seq < must_reach)
    return "R7: live before what was acknowledged before the join";
  return {};
}

}  // namespace parley::exhaustive
