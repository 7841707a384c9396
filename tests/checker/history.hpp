#pragma once

#include "tests/checker/names.hpp"
#include "tests/checker/record.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace parley::checker {

/// What sessions asked and what they were told, in the order in which it happened, before any of it is interpreted.
/// Written in process by a simulator, or read from a file (`read_history.hpp`). `judge` decides about it.
///
/// Ids come from the history itself. Rooms and names are good for its whole life, `clear` included: intern once, keep
/// the id. Keys, attempts and streams end with `clear`.
class history {
public:
  /// A room; of another instance than the default one as "instance/room".
  room_id room(std::string_view name) { return room_id{rooms_.intern(name)}; }
  name_id name(std::string_view text) { return name_id{names_.intern(text)}; }
  /// None for an empty `client_msg_id`.
  key_id key(room_id room, name_id sender, std::string_view client_msg_id);

  // A publish, and its end. The end comes once; an open one may still be answered later.
  attempt_id add_publish(std::uint64_t ns, publish_asked draft);
  void add_ack(std::uint64_t ns, attempt_id attempt, position at, bool duplicate);
  void add_refusal(std::uint64_t ns, attempt_id attempt, name_id error);
  void add_open(std::uint64_t ns, attempt_id attempt, name_id error);

  // A join, its answer, and the pushes of its stream.
  stream_id add_join(std::uint64_t ns, join_asked join, std::string_view stream_name = {});
  void add_joined(std::uint64_t ns, stream_id stream, position head, position start, std::optional<bool> recovered);
  void add_join_failed(std::uint64_t ns, stream_id stream, name_id error);
  void add_batch(std::uint64_t ns, stream_id stream, std::uint64_t prev, stream_phase phase,
                 std::span<const event> events);
  void add_live(std::uint64_t ns, stream_id stream, position at);
  void add_catching_up(std::uint64_t ns, stream_id stream, position at);
  void add_gap(std::uint64_t ns, stream_id stream, std::uint64_t from, position to, gap_reason reason);
  void add_cut(std::uint64_t ns, stream_id stream);
  void add_settled(std::uint64_t ns, stream_id stream = stream_id::none);

  // The run itself.
  void add_fault(std::uint64_t ns, name_id name, bool begins);
  void add_healed(std::uint64_t ns);
  void add_lost_tail(std::uint64_t ns, room_id room, std::optional<position> after, std::optional<position> last = {});
  void add_owned(std::uint64_t ns, name_id shard, name_id node, std::uint64_t term);
  void add_count(std::uint64_t ns, name_id what, std::uint64_t times);
  void add_minimum(std::uint64_t ns, name_id what, std::uint64_t least);

  /// The room as it was read back. Its `rows` field is filled in here.
  void add_stored(std::uint64_t ns, stored room, std::span<const row> rows);

  /// Any record, with ids of this history. `ns` never falls: otherwise `judge` calls the history malformed.
  void add(std::uint64_t ns, happening what) { records_.push_back({ns, std::move(what)}); }
  attempt_id new_attempt() { return attempt_id{++attempts_}; }
  stream_id new_stream(std::string_view name);
  range keep(std::span<const event> events);
  range keep(std::span<const row> rows);

  /// Forgets all but the rooms and names, and keeps the memory: for the next seed.
  void clear();
  /// Forgets the records alone: every id stays good.
  void forget_records();

  std::span<const record> records() const { return records_; }
  std::span<const event> events(range part) const { return std::span{events_}.subspan(part.begin, part.count); }
  std::span<const row> rows(range part) const { return std::span{rows_}.subspan(part.begin, part.count); }
  std::string_view text(room_id id) const { return rooms_.text(static_cast<std::uint32_t>(id)); }
  std::string_view text(name_id id) const { return names_.text(static_cast<std::uint32_t>(id)); }
  /// The client_msg_id alone.
  std::string_view text(key_id id) const;
  /// Empty for a stream without a name of its own.
  std::string_view text(stream_id id) const { return text(stream_names_.at(static_cast<std::uint32_t>(id))); }

  // Ids go from 1 to these.
  std::uint32_t room_count() const { return rooms_.count(); }
  std::uint32_t name_count() const { return names_.count(); }
  std::uint32_t key_count() const { return keys_.count(); }
  std::uint32_t attempt_count() const { return attempts_; }
  std::uint32_t stream_count() const { return static_cast<std::uint32_t>(stream_names_.size() - 1); }

private:
  names rooms_;
  names names_;
  names keys_;
  std::vector<record> records_;
  std::vector<event> events_;
  std::vector<row> rows_;
  std::vector<name_id> stream_names_{name_id::none};
  std::uint32_t attempts_ = 0;
};

}  // namespace parley::checker
