#include "tests/checker/judged/world.hpp"

#include <algorithm>

namespace parley::checker::judged {

world::world(std::uint64_t seed, unsigned steps) : random_(seed) {
  const auto rooms = 1 + below(2);
  for (std::uint64_t n = 0; n < rooms; ++n) rooms_.push_back({out_.room("r" + std::to_string(n)), {}, {}, {}});
  const auto readers = 1 + below(4);
  for (std::uint64_t n = 0; n < readers; ++n)
    readers_.push_back({out_.name("reader" + std::to_string(n)), n % rooms, {}, {}, false, false});
  change_owner();
  for (unsigned n = 0; n < steps; ++n) step();
  end();
}

bool world::chance(double of) { return std::uniform_real_distribution<>{}(random_) < of; }
std::uint64_t world::below(std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>{0, bound - 1}(random_);
}
std::uint64_t world::fresh() { return ++contents_ * 0x9E3779B97F4A7C15ULL; }
position world::head(const room& in) const { return at(in, in.rows.size()); }

position world::at(const room& in, std::uint64_t seq) const {
  return seq == 0 ? position{} : position{in.rows[seq - 1].term, seq};
}

void world::step() {
  auto& in = rooms_[below(rooms_.size())];
  const auto what = std::uniform_real_distribution<>{}(random_);
  if (what < 0.45)
    publish(in);
  else if (what < 0.48)
    change_owner();
  else if (what < 0.50)
    retain(in);
  else if (what < 0.52)
    lose_tail(in);
  else
    step(readers_[below(readers_.size())]);
}

void world::change_owner() {
  term_ += 1 + below(50);
  out_.add_owned(++ns_, out_.name("shard1"), out_.name("n" + std::to_string(below(3))), term_);
}

/// One session's pipeline: all asked, then all answered.
void world::publish(room& in) {
  const auto session = "w" + std::to_string(below(3));
  std::vector<draft> drafts;
  for (auto n = 1 + below(3); n > 0; --n) drafts.push_back(new_draft(in, out_.name(session)));
  attempt(in, drafts, session, 0);
}

world::draft world::new_draft(room& in, name_id sender) {
  draft one{sender, out_.key(in.id, sender, "k" + std::to_string(++keys_)), fresh(), fresh(), 0, event_kind::created};
  if (chance(0.1)) one.key = key_id::none;
  if (in.rows.size() <= in.floor.seq || !chance(0.2)) return one;
  // Only what stands: an edit of a deleted message would be refused.
  const auto& target = in.rows[in.floor.seq + below(in.rows.size() - in.floor.seq)];
  if (target.kind != event_kind::created || target.deleted || one.key == key_id::none) return one;
  one.target = target.seq;
  one.kind = chance(0.7) ? event_kind::updated : event_kind::deleted;
  if (one.kind == event_kind::deleted) one.body = 0;
  return one;
}

void world::attempt(room& in, const std::vector<draft>& drafts, const std::string& session, unsigned depth) {
  std::vector<attempt_id> asked;
  for (const auto& one : drafts)
    asked.push_back(out_.add_publish(
        ++ns_, {{}, in.id, out_.name(session), one.sender, one.key, one.content, one.body, one.target, one.kind}));
  const auto fate = std::uniform_real_distribution<>{}(random_);
  std::vector<draft> again;
  for (std::size_t n = 0; n < drafts.size(); ++n) {
    if (fate < 0.1) {  // refused, and so are those behind
      out_.add_refusal(++ns_, asked[n], out_.name("unavailable"));
      again.push_back(drafts[n]);
    } else if (fate < 0.2) {  // the ack is lost; stored or not
      if (n == 0 && chance(0.5)) store(in, drafts[n]);
      out_.add_open(++ns_, asked[n], out_.name("closed"));
      // Without a key a repeat would be another message.
      if (drafts[n].key != key_id::none) again.push_back(drafts[n]);
    } else {
      const auto [row, is_duplicate] = store(in, drafts[n]);
      out_.add_ack(++ns_, asked[n], {row.term, row.seq}, is_duplicate);
    }
  }
  if (!again.empty() && depth < 4 && chance(0.8)) attempt(in, again, session + "'", depth + 1);
}

std::pair<row, bool> world::store(room& in, const draft& what) {
  if (const auto known = in.by_key.find(what.key); known != in.by_key.end()) return {in.rows[known->second - 1], true};
  row stored;
  stored.seq = in.rows.size() + 1;
  stored.term = term_;
  stored.content = what.content;
  stored.body = what.body;
  stored.sender = what.sender;
  stored.key = what.key;
  // By the time that it is stored its target may be gone or fallen: then it is a message of its own.
  const bool stands = what.target > in.floor.seq && what.target <= in.rows.size() && !in.rows[what.target - 1].deleted;
  if (what.kind != event_kind::created && stands) {
    stored.kind = what.kind;
    stored.target = what.target;
    stored.version = in.rows[what.target - 1].version + 1;
    change_target(in, stored);
  }
  in.rows.push_back(stored);
  if (what.key != key_id::none) in.by_key[what.key] = stored.seq;
  return {stored, false};
}

void world::change_target(room& in, const row& change) {
  auto& target = in.rows[change.target - 1];
  target.version = change.version;
  target.content = fresh();
  target.body = change.body;
  if (change.kind != event_kind::deleted) return;
  target.deleted = true;
  target.body = 0;
  for (auto& edit : in.rows) {
    if (edit.target != target.seq || edit.kind != event_kind::updated) continue;
    edit.deleted = true;
    edit.body = 0;
    edit.content = fresh();
  }
}

void world::retain(room& in) {
  if (in.rows.size() > in.floor.seq + 10) in.floor = at(in, in.floor.seq + 1 + below(8));
}

/// An asynchronous failover takes away what nobody had an ack for, but some have read.
void world::lose_tail(room& in) {
  const auto after = head(in);
  const auto sender = out_.name("w0");
  const draft one{
      sender, out_.key(in.id, sender, "k" + std::to_string(++keys_)), fresh(), fresh(), 0, event_kind::created};
  const auto asked =
      out_.add_publish(++ns_, {{}, in.id, out_.name("w0!"), sender, one.key, one.content, one.body, 0, one.kind});
  store(in, one);
  for (auto& who : readers_)
    if (&rooms_[who.room] == &in && who.stream != stream_id::none && chance(0.7)) read(who, 100);
  const position last{in.rows.back().term, in.rows.back().seq};
  in.rows.pop_back();
  in.by_key.erase(one.key);
  out_.add_open(++ns_, asked, out_.name("closed"));
  const bool is_exact = chance(0.5);
  out_.add_lost_tail(++ns_, is_exact || chance(0.5) ? in.id : room_id::none,
                     is_exact || chance(0.7) ? std::optional{after} : std::nullopt,
                     is_exact ? std::optional{last} : std::nullopt);
  change_owner();
  for (auto& who : readers_) {
    if (&rooms_[who.room] != &in || who.stream == stream_id::none || who.at.seq <= after.seq) continue;
    out_.add_gap(++ns_, who.stream, 1, after, gap_reason::reset);
    who.at = after;
  }
}

void world::step(reader& who) {
  if (who.stream == stream_id::none) return join(who);
  if (chance(0.15)) {
    out_.add_cut(++ns_, who.stream);
    who.stream = stream_id::none;
  } else if (who.is_live && chance(0.1)) {
    out_.add_catching_up(++ns_, who.stream, who.at);
    who.is_live = false;
  } else {
    read(who, 1 + below(8));
  }
}

void world::join(reader& who) {
  auto& in = rooms_[who.room];
  join_asked asked{{}, in.id, who.name, std::nullopt, 0, 5, gap_wish::fill};
  const auto newest = head(in);
  const bool was_there = who.has_joined;
  who.is_live = false;
  if (!was_there && chance(0.5)) {
    asked.rewind = static_cast<std::uint32_t>(below(20));
    who.at = at(in, std::max(in.floor.seq, newest.seq > asked.rewind ? newest.seq - asked.rewind : 0));
    who.stream = out_.add_join(++ns_, asked);
    out_.add_joined(++ns_, who.stream, newest, who.at, std::nullopt);
    who.has_joined = true;
    return;
  }
  const auto since = was_there ? who.at : position{};
  asked.since = since;
  asked.on_gap = chance(0.5) ? gap_wish::jump : gap_wish::fill;
  const bool has_fallen = since.seq < in.floor.seq;
  const bool is_known = since.seq == 0 || (since.seq <= in.rows.size() && at(in, since.seq) == since);
  const bool found = is_known && !has_fallen;
  const bool jumps = found && asked.on_gap == gap_wish::jump && newest.seq > since.seq + 5;
  // What is below the floor and not in the log any more is answered as a lost position only where it never was there.
  const auto start = !is_known ? newest : has_fallen ? in.floor : jumps ? at(in, newest.seq - 5) : since;
  who.stream = out_.add_join(++ns_, asked, jumps ? "named" + std::to_string(out_.stream_count()) : "");
  out_.add_joined(++ns_, who.stream, newest, start, found || (since.seq == 0 && is_known));
  if (!is_known)
    out_.add_gap(++ns_, who.stream, 1, start, gap_reason::reset);
  else if (has_fallen)
    out_.add_gap(++ns_, who.stream, since.seq + 1, start, gap_reason::retention);
  else if (jumps)
    out_.add_gap(++ns_, who.stream, since.seq + 1, start, gap_reason::jump);
  who.at = start;
  who.has_joined = true;
}

void world::read(reader& who, std::uint64_t most) {
  auto& in = rooms_[who.room];
  if (who.at.seq < in.floor.seq) {
    out_.add_gap(++ns_, who.stream, who.at.seq + 1, in.floor, gap_reason::retention);
    who.at = in.floor;
  }
  std::vector<event> events;
  for (auto seq = who.at.seq + 1; seq <= in.rows.size() && events.size() < most; ++seq)
    events.push_back(in.rows[seq - 1]);
  if (!events.empty()) {
    out_.add_batch(++ns_, who.stream, who.at.seq, who.is_live ? stream_phase::live : stream_phase::history, events);
    who.at = {events.back().term, events.back().seq};
  }
  if (who.is_live || who.at.seq < in.rows.size()) return;
  out_.add_live(++ns_, who.stream, who.at);
  who.is_live = true;
}

void world::end() {
  out_.add_healed(++ns_);
  for (auto& in : rooms_) {
    const auto sender = out_.name("last");
    attempt(in, {{sender, out_.key(in.id, sender, "last"), fresh(), fresh(), 0, event_kind::created}}, "last", 4);
    // Its fate was drawn as every other's; after the healing one more must get through.
    const draft sure{sender, out_.key(in.id, sender, "sure"), fresh(), fresh(), 0, event_kind::created};
    const auto asked = out_.add_publish(
        ++ns_, {{}, in.id, out_.name("sure"), sender, sure.key, sure.content, sure.body, 0, sure.kind});
    const auto stored = store(in, sure).first;
    out_.add_ack(++ns_, asked, {stored.term, stored.seq}, false);
  }
  for (auto& who : readers_) {
    if (who.stream == stream_id::none) join(who);
    while (!who.is_live || who.at.seq < rooms_[who.room].rows.size()) read(who, 100);
    out_.add_settled(++ns_, who.stream);
  }
  for (auto& in : rooms_)
    out_.add_stored(++ns_, {in.id, head(in), in.floor, false, {}}, std::span{in.rows}.subspan(in.floor.seq));
}

}  // namespace parley::checker::judged
