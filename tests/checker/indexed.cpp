#include "tests/checker/indexed.hpp"

#include <algorithm>

namespace parley::checker {

std::uint32_t room_log::row_at(std::uint64_t seq) const {
  if (!is_contiguous) {
    const auto found = row_by_seq.find(seq);
    return found == row_by_seq.end() ? nowhere : found->second;
  }
  if (rows.empty() || seq < rows.front().seq || seq > rows.back().seq) return nowhere;
  return static_cast<std::uint32_t>(seq - rows.front().seq);
}

const row* room_log::find(std::uint64_t seq) const {
  const auto place = row_at(seq);
  return place == nowhere ? nullptr : &rows[place];
}

bool indexed::holds(const publish_ended& ack, const room_log& room) const {
  // Below the floor too, an ack of a lost tail counts for nothing: its number may have been given again.
  if (!room.stored || ack.at.seq <= room.floor()) return ack.at.seq != no_number && !may_be_lost(room, ack.at, nowhere);
  const auto* row = room.find(ack.at.seq);
  return row && row->term == ack.at.term;
}

namespace {

bool holds_position(const lost_tail& tail, position at) {
  return (!tail.after || at.seq > tail.after->seq) &&
         (!tail.last || (at.seq <= tail.last->seq && at.term <= tail.last->term));
}

}  // namespace

bool indexed::may_be_lost(const room_log& room, position told, std::uint32_t told_at) const {
  return std::any_of(room.lost_tails.begin(), room.lost_tails.end(), [&](std::uint32_t place) {
    const auto& tail = std::get<lost_tail>(at(place).what);
    return (tail.last || place > told_at) && holds_position(tail, told);
  });
}

bool indexed::was_lost(const room_log& room, position held, std::uint32_t known_at) const {
  return std::any_of(room.lost_tails.begin(), room.lost_tails.end(), [&](std::uint32_t place) {
    return place < known_at && holds_position(std::get<lost_tail>(at(place).what), held);
  });
}

/// The second pass, one overload per kind of record. The first has found the final readings and the lost tails, since
/// an ack counts for what comes after it only if it holds: one that does not is R1's finding, and not that of R7 and R8
/// too.
struct indexed::sorter {
  indexed& all;
  std::uint32_t place = 0;
  std::vector<acked_so_far> acked{all.rooms.size()};

  void fail(std::string why) {
    if (all.contradiction.empty()) all.contradiction = "record " + std::to_string(place + 1) + ": " + std::move(why);
  }

  room_log* use(room_id id) {
    auto& room = all.rooms[checker::at(id)];
    room.is_used = true;
    return &room;
  }

  stream* joined(stream_id id) {
    auto* found = known(id);
    if (found && !found->joined) fail("a push to a stream that nobody was told to have joined");
    return found && found->joined ? found : nullptr;
  }

  stream* known(stream_id id) {
    auto& found = all.streams[checker::at(id)];
    if (!found.asked) fail("about a stream that nobody has asked for");
    return found.asked ? &found : nullptr;
  }

  void operator()(const publish_asked& asked) {
    auto& attempt = all.attempts[checker::at(asked.attempt)];
    if (attempt.asked) return fail("an attempt is asked for twice");
    attempt.asked = &asked;
    attempt.asked_at = place;
    attempt.before = acked[checker::at(asked.room)];
    const auto number = static_cast<std::uint32_t>(asked.attempt);
    use(asked.room)->attempts.push_back(number);
    if (asked.key == key_id::none) return;
    auto& key = all.keys[checker::at(asked.key)];
    (key.first == nowhere ? key.first : all.attempts[key.last].next_of_key) = number;
    key.last = number;
  }

  void operator()(const publish_ended& ended) {
    auto& attempt = all.attempts[checker::at(ended.attempt)];
    if (!attempt.asked) return fail("an answer to an attempt that nobody has asked for");
    if (attempt.outcome() == phase::info) {
      attempt.ended = &ended;
      attempt.ended_at = place;
    }
    auto& so_far = acked[checker::at(attempt.asked->room)];
    if (ended.outcome != phase::ok || !all.holds(ended, all.rooms[checker::at(attempt.asked->room)])) return;
    if (ended.at.seq > so_far.seq) so_far = {ended.at.seq, place};
  }

  void operator()(const join_asked& asked) {
    auto& stream = all.streams[checker::at(asked.stream)];
    if (stream.asked) return fail("a stream is asked for twice");
    stream.asked = &asked;
    stream.asked_at = place;
    stream.before = acked[checker::at(asked.room)];
    use(asked.room);
  }

  void operator()(const join_ended& ended) {
    auto* stream = known(ended.stream);
    if (!stream || ended.outcome != phase::ok) return;
    stream->joined = &ended;
    stream->joined_at = place;
  }

  void operator()(const batch_pushed& push) { joined(push.stream); }
  void operator()(const live_pushed& push) { joined(push.stream); }
  void operator()(const catching_up_pushed& push) { joined(push.stream); }
  void operator()(const gap_pushed& push) { joined(push.stream); }

  void operator()(const cut& end) {
    if (auto* stream = known(end.stream)) stream->is_cut = true;
  }

  void operator()(const settled& mark) {
    if (mark.stream != stream_id::none) {
      if (auto* stream = known(mark.stream)) stream->settled_at = place;
      return;
    }
    for (auto& stream : all.streams)
      if (stream.joined && !stream.is_cut) stream.settled_at = place;
  }

  void operator()(const healed&) { all.healed_at = place; }
  void operator()(const stray& push) {
    if (push.room != room_id::none) use(push.room)->strays.push_back(place);
  }
  void operator()(const lost_tail& lost) {
    if (lost.room != room_id::none) use(lost.room);
  }
  void operator()(const auto&) {}
};

namespace {

void take_reading(indexed& all, room_log& room, const stored& reading, std::uint32_t place) {
  room.stored = &reading;
  room.stored_at = place;
  room.rows = all.history.rows(reading.rows);
  room.is_used = true;
}

void take_lost_tail(indexed& all, const lost_tail& lost, std::uint32_t place) {
  if (lost.room != room_id::none) return all.rooms[at(lost.room)].lost_tails.push_back(place);
  for (auto& room : all.rooms) room.lost_tails.push_back(place);
}

void arrange_rows(indexed& all, room_log& room) {
  for (std::uint32_t n = 0; n < room.rows.size(); ++n) {
    room.is_contiguous &= n == 0 || room.rows[n].seq == room.rows[n - 1].seq + 1;
    const auto& row = room.rows[n];
    room.has_changes |= row.version > 1 || row.deleted || row.kind != event_kind::created;
    if (auto& key = all.keys[at(room.rows[n].key)]; key.row == nowhere) key.row = n;
  }
  if (room.is_contiguous) return;
  for (std::uint32_t n = 0; n < room.rows.size(); ++n) room.row_by_seq.insert_or_assign(room.rows[n].seq, n);
}

}  // namespace

indexed::indexed(const checker::history& what_happened)
    : history(what_happened),
      rooms(what_happened.room_count() + 1),
      attempts(what_happened.attempt_count() + 1),
      streams(what_happened.stream_count() + 1),
      keys(what_happened.key_count() + 1) {
  const auto records = history.records();
  for (std::uint32_t place = 0; place < records.size(); ++place) {
    if (const auto* reading = std::get_if<checker::stored>(&records[place].what))
      take_reading(*this, rooms[checker::at(reading->room)], *reading, place);
    if (const auto* lost = std::get_if<lost_tail>(&records[place].what)) take_lost_tail(*this, *lost, place);
    const auto* happened = std::get_if<fault>(&records[place].what);
    has_links |= happened != nullptr && what_happened.text(happened->name) == "links between nodes";
  }
  for (auto& room : rooms) arrange_rows(*this, room);
  keys[0] = {};
  sorter sort{*this};
  for (auto& place = sort.place; place < records.size(); ++place) {
    if (place > 0 && records[place].ns < records[place - 1].ns) sort.fail("time runs backwards");
    std::visit(sort, records[place].what);
    if (!contradiction.empty()) return;
  }
}

}  // namespace parley::checker
