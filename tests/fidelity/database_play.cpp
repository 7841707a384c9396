#include "tests/fidelity/database_play.hpp"

#include <stdexcept>

namespace parley::fidelity {
namespace {

std::string word(shard_verdict v) {
  switch (v) {
    case shard_verdict::committed: return "committed";
    case shard_verdict::not_owner: return "not_owner";
    case shard_verdict::stale: return "stale";
    case shard_verdict::locked: return "locked";
  }
  return "?";
}

std::string word(const error& e) { return std::string(to_string(e.code)); }
std::string number(std::uint64_t n) { return std::to_string(n); }

}  // namespace

void database_play::wait(const std::function<bool()>& condition) {
  if (stage.wait(condition)) return;
  std::string so_far;
  for (const auto& line : notes_) so_far += "\n  " + line;
  throw std::runtime_error("what a scenario waits for never came, after" + so_far);
}

std::string database_play::name(term t) {
  if (t == term{}) return "0";
  return terms_.try_emplace(t, "U" + number(terms_.size() + 1)).first->second;
}

std::string database_play::name(position p) { return name(p.term) + "." + number(p.seq.value); }

std::string database_play::names(const event_list& events) {
  std::string made;
  for (const auto& e : events) made += " " + name(e->at_position()) + "=" + e->body.text;
  return made;
}

// ---- ownership -------------------------------------------------------------------------------------------------

shard_claim database_play::wish_for(std::size_t node, std::uint32_t shard, term floor) {
  const auto rows = value_of<std::vector<shard_row>>([&](auto done) { stage.ownership(node).survey(done); });
  for (const auto& row : rows) {
    if (row.shard == shard_id{shard}) return {row.shard, row.owner, row.term, floor};
  }
  throw std::runtime_error("no such shard");
}

awaited<std::vector<claimed_shard>> database_play::asks_to_claim(std::size_t node, std::string_view name,
                                                                 const std::vector<std::uint32_t>& shards) {
  std::vector<shard_claim> wishes;
  for (const auto s : shards) wishes.push_back(wish_for(node, s));
  return ask<std::vector<claimed_shard>>(
      [&](auto done) { stage.ownership(node).claim(contract::node_named(name), wishes, done); });
}

writer database_play::claims(std::size_t node, std::string_view name, const std::vector<std::uint32_t>& shards) {
  writer made{node, contract::node_named(name), {}};
  ended(made, asks_to_claim(node, name, shards));
  return made;
}

void database_play::claims(writer& by, const std::vector<shard_claim>& wishes) {
  ended(by, ask<std::vector<claimed_shard>>([&](auto done) { stage.ownership(by.node).claim(by.who, wishes, done); }));
}

void database_play::ended(writer& by, const awaited<std::vector<claimed_shard>>& claim) {
  const auto& answer = end_of(claim);
  if (!answer) return note(by.who.name + " claims: " + word(answer.error()));
  std::string line = by.who.name + " claims:";
  // The clock may tick between two rows of one claim: their terms have one name.
  const auto fresh = "T" + number(++claims_);
  for (const auto& c : *answer) {
    if (c.is_won) terms_.try_emplace(c.term, fresh);
  }
  for (const auto& c : *answer) {
    line += " " + number(c.shard.value) + (c.is_won ? " won " : " not won ") + name(c.term) + " n " + number(c.n.value);
    if (c.is_won) by.rows[c.shard.value] = {c.term, c.n};
  }
  note(line);
}

void database_play::renews(const writer& by, milliseconds lease_time, std::string peer_address, bool is_leaving) {
  const auto answer = ask<lease_renewal>([&](auto done) {
    stage.ownership(by.node).renew(by.who, {lease_time, std::move(peer_address), is_leaving}, done);
  });
  const auto& r = end_of(answer);
  if (!r) return note(by.who.name + " renews: " + word(r.error()));
  std::string line = by.who.name + " renews: " + number(r->renewals);
  for (const auto& n : r->nodes) {
    line += ", " + n.node.name + " " + n.node.incarnation + " at '" + n.peer_address + "'" +
            (n.is_leaving ? " leaving" : "") + (n.has_lease ? " leased " : " not leased ") + number(n.renewals);
  }
  note(line);
}

awaited<std::size_t> database_play::asks_to_yield(const writer& by, const std::vector<std::uint32_t>& shards) {
  std::vector<owned_shard> given;
  for (const auto s : shards) given.push_back({shard_id{s}, by.rows.at(s).term});
  return ask<std::size_t>([&](auto done) { stage.ownership(by.node).yield(by.who, given, done); });
}

void database_play::ended(const writer& by, const awaited<std::size_t>& yielded) {
  const auto& r = end_of(yielded);
  note(by.who.name + " yields: " + (r ? number(*r) : word(r.error())));
}

void database_play::releases(const writer& by) {
  const auto answer = ask<std::size_t>([&](auto done) { stage.ownership(by.node).release(by.who, done); });
  const auto& r = end_of(answer);
  note(by.who.name + " releases: " + (r ? number(*r) : word(r.error())));
}

void database_play::shows_shards(std::size_t node, bool with_leases) {
  const auto rows = value_of<std::vector<shard_row>>([&](auto done) { stage.ownership(node).survey(done); });
  std::vector<shard_id> shards;
  for (const auto& row : rows) shards.push_back(row.shard);
  const auto marks = value_of<std::vector<shard_mark>>([&](auto done) { stage.events(node).marks(shards, done); });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    if (marks[i].term != row.term || marks[i].n != row.n) note("marks differ from the survey");
    if (row.term == term{}) continue;
    note("shard " + number(row.shard.value) + " of '" + row.owner + "' " + name(row.term) + " n " +
         number(row.n.value) +
         (with_leases ? (row.has_lease ? " leased " : " not leased ") + number(row.renewals) : ""));
  }
}

// ---- writing ---------------------------------------------------------------------------------------------------

room_append database_play::piece(const writer& by, const room_ref& room, position before, std::vector<event> events) {
  room_append made{room, before, {}, {}};
  for (auto& e : events) {
    e.term = by.term_of(room);
    made.digests.push_back(contract::digest_of(e.body.text));
    made.events.push_back(std::make_shared<event>(std::move(e)));
  }
  return made;
}

append_batch database_play::batch(const writer& by, std::vector<room_append> pieces) {
  append_batch made{by.who.incarnation, {}};
  for (auto& p : pieces) {
    const auto shard = p.room->shard;
    shard_batch* part = nullptr;
    for (auto& known : made.shards) {
      if (known.fence.shard == shard) part = &known;
    }
    if (part == nullptr) part = &made.shards.emplace_back(shard_batch{by.fence(shard.value), {}});
    part->rooms.push_back(std::move(p));
  }
  return made;
}

awaited<append_outcome> database_play::asks_to_append(const writer& by, append_batch what) {
  return ask<append_outcome>([&](auto done) { stage.events(by.node).append(std::move(what), done); });
}

void database_play::ended(writer& by, const append_batch& what, const awaited<append_outcome>& answer) {
  const auto& r = end_of(answer);
  if (!r) return note(by.who.name + " appends: " + word(r.error()));
  std::string line = by.who.name + " appends:";
  for (std::size_t i = 0; i < r->verdicts.size(); ++i) {
    line += " " + word(r->verdicts[i]);
    const auto& fence = what.shards[i].fence;
    if (r->verdicts[i] == shard_verdict::committed) by.rows[fence.shard.value].n = fence.own;
  }
  for (const auto& d : r->duplicates) {
    line += " duplicate " + d.sender + "/" + d.client_msg_id + " " + name(d.first) + " at " +
            number(static_cast<std::uint64_t>(d.at.time_since_epoch().count())) + " digest " +
            (d.digest ? number((*d.digest)[0]) + "," + number((*d.digest)[1]) : "none");
  }
  note(line);
}

void database_play::says(writer& by, const room_ref& room, std::uint64_t s, std::string_view key) {
  const auto before = s == 1 ? position{} : by.at(room, s - 1);
  appends(by, batch(by, {piece(by, room, before, {said(s, "m" + number(s), key)})}));
}

awaited<recovered> database_play::asks_to_recover(const writer& by, std::uint32_t shard, attempt past,
                                                  const room_ref& room) {
  return ask<recovered>([&](auto done) {
    stage.events(by.node).recover({by.who.incarnation, {{shard_id{shard}, by.rows.at(shard).term, past}}, {room}},
                                  done);
  });
}

void database_play::ended(writer& by, std::uint32_t shard, attempt past, const awaited<recovered>& answer) {
  const auto& r = end_of(answer);
  if (!r) return note(by.who.name + " recovers: " + word(r.error()));
  std::string line = by.who.name + " recovers:";
  for (const auto& part : r->shards) {
    line += (part.is_owner ? " still owner, found " : " no owner, found ") + number(part.found.value);
    if (part.is_owner) by.rows[shard].n = std::max(past, part.found);
  }
  for (const auto& head : r->heads) line += " head " + name(head);
  note(line);
}

void database_play::recovers(writer& by, const room_ref& room, attempt handed_out) {
  const auto shard = room->shard.value;
  attempt past = handed_out;
  std::optional<awaited<recovered>> asked;
  wait([&] {
    if (!asked) asked = asks_to_recover(by, shard, attempt{++past.value}, room);
    if (!asked->is_there()) return false;
    if (asked->get()) return true;
    asked.reset();
    return false;
  });
  ended(by, shard, past, *asked);
}

void database_play::trims(writer& by, const room_ref& room, position floor) {
  const auto fence = by.fence(room->shard.value);
  const auto answer =
      ask<shard_verdict>([&](auto done) { stage.events(by.node).trim(by.who.incarnation, fence, room, floor, done); });
  const auto& r = end_of(answer);
  note(by.who.name + " trims: " + (r ? word(*r) : word(r.error())));
  if (r && *r == shard_verdict::committed) by.rows[room->shard.value].n = fence.own;
}

void database_play::shows(std::size_t node, const room_ref& room) {
  const auto page = value_of<range_page>([&](auto done) { stage.events(node).range({room, seq{0}, 1000}, done); });
  note(room->room + ": head " + name(page.head) + " mark " + name(page.mark.term) + " n " + number(page.mark.n.value) +
       ":" + names(page.events));
}

}  // namespace parley::fidelity
