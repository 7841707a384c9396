#include "tests/checker/history.hpp"

#include <string>

namespace parley::checker {

key_id history::key(room_id room, name_id sender, std::string_view client_msg_id) {
  if (client_msg_id.empty()) return key_id::none;
  // Unique by its two numbers in front, which no text can imitate: a blank is in no client_msg_id.
  thread_local std::string whole;
  whole = std::to_string(static_cast<std::uint32_t>(room));
  (whole += ' ') += std::to_string(static_cast<std::uint32_t>(sender));
  (whole += ' ') += client_msg_id;
  return key_id{keys_.intern(whole)};
}

std::string_view history::text(key_id id) const {
  const auto whole = keys_.text(static_cast<std::uint32_t>(id));
  const auto room_end = whole.find(' ');
  return room_end == whole.npos ? whole : whole.substr(whole.find(' ', room_end + 1) + 1);
}

attempt_id history::add_publish(std::uint64_t ns, publish_asked draft) {
  draft.attempt = new_attempt();
  add(ns, draft);
  return draft.attempt;
}

void history::add_ack(std::uint64_t ns, attempt_id attempt, position at, bool duplicate) {
  add(ns, publish_ended{attempt, phase::ok, duplicate, name_id::none, at});
}

void history::add_refusal(std::uint64_t ns, attempt_id attempt, name_id error) {
  add(ns, publish_ended{attempt, phase::fail, false, error, {}});
}

void history::add_open(std::uint64_t ns, attempt_id attempt, name_id error) {
  add(ns, publish_ended{attempt, phase::info, false, error, {}});
}

stream_id history::new_stream(std::string_view name) {
  stream_names_.push_back(this->name(name));
  return stream_id{stream_count()};
}

stream_id history::add_join(std::uint64_t ns, join_asked join, std::string_view stream_name) {
  join.stream = new_stream(stream_name);
  add(ns, join);
  return join.stream;
}

void history::add_joined(std::uint64_t ns, stream_id stream, position head, position start,
                         std::optional<bool> recovered) {
  add(ns, join_ended{stream, phase::ok, recovered, name_id::none, head, start});
}

void history::add_join_failed(std::uint64_t ns, stream_id stream, name_id error) {
  add(ns, join_ended{stream, phase::fail, std::nullopt, error, {}, {}});
}

void history::add_batch(std::uint64_t ns, stream_id stream, std::uint64_t prev, stream_phase phase,
                        std::span<const event> events) {
  add(ns, batch_pushed{stream, phase, prev, keep(events)});
}

void history::add_live(std::uint64_t ns, stream_id stream, position at) { add(ns, live_pushed{stream, at}); }

void history::add_catching_up(std::uint64_t ns, stream_id stream, position at) {
  add(ns, catching_up_pushed{stream, at});
}

void history::add_gap(std::uint64_t ns, stream_id stream, std::uint64_t from, position to, gap_reason reason) {
  add(ns, gap_pushed{stream, reason, from, to});
}

void history::add_cut(std::uint64_t ns, stream_id stream) { add(ns, cut{stream}); }

void history::add_settled(std::uint64_t ns, stream_id stream) { add(ns, settled{stream}); }

void history::add_fault(std::uint64_t ns, name_id name, bool begins) { add(ns, fault{name, begins}); }

void history::add_healed(std::uint64_t ns) { add(ns, healed{}); }

void history::add_lost_tail(std::uint64_t ns, room_id room, std::optional<position> after,
                            std::optional<position> last) {
  add(ns, lost_tail{room, after, last});
}

void history::add_owned(std::uint64_t ns, name_id shard, name_id node, std::uint64_t term) {
  add(ns, owned{shard, node, term});
}

void history::add_count(std::uint64_t ns, name_id what, std::uint64_t times) { add(ns, counted{what, times}); }

void history::add_minimum(std::uint64_t ns, name_id what, std::uint64_t least) { add(ns, minimum{what, least}); }

void history::add_stored(std::uint64_t ns, stored room, std::span<const row> rows) {
  room.rows = keep(rows);
  add(ns, room);
}

range history::keep(std::span<const event> events) {
  const range part{static_cast<std::uint32_t>(events_.size()), static_cast<std::uint32_t>(events.size())};
  events_.insert(events_.end(), events.begin(), events.end());
  return part;
}

range history::keep(std::span<const row> rows) {
  const range part{static_cast<std::uint32_t>(rows_.size()), static_cast<std::uint32_t>(rows.size())};
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  return part;
}

void history::forget_records() {
  records_.clear();
  events_.clear();
  rows_.clear();
}

void history::clear() {
  forget_records();
  keys_.clear();
  stream_names_.resize(1);
  attempts_ = 0;
}

}  // namespace parley::checker
