#pragma once

#include "tests/checker/history.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::checker {

inline constexpr std::uint32_t nowhere = UINT32_MAX;  ///< no record, row or attempt of this number

inline std::size_t at(auto id) { return static_cast<std::size_t>(id); }

/// The greatest seq that had been acknowledged in a room at some moment, and the record that said so.
struct acked_so_far {
  std::uint64_t seq = 0;
  std::uint32_t record = nowhere;
};

/// One publish that went out. The attempts of a key are a chain in the order in which they were asked.
struct attempt {
  const publish_asked* asked = nullptr;
  const publish_ended* ended = nullptr;
  std::uint32_t asked_at = nowhere;  ///< record
  std::uint32_t ended_at = nowhere;  ///< record
  std::uint32_t next_of_key = nowhere;
  acked_so_far before;  ///< when it was asked

  phase outcome() const { return ended ? ended->outcome : phase::info; }
};

/// One join and its answer. The pushes are walked through in `rules_stream.cpp`.
struct stream {
  const join_asked* asked = nullptr;
  const join_ended* joined = nullptr;  ///< only where it succeeded
  std::uint32_t asked_at = nowhere;
  std::uint32_t joined_at = nowhere;
  std::uint32_t settled_at = nowhere;
  bool is_cut = false;
  acked_so_far before;  ///< when it was asked
};

/// The attempts of one key, and the row that carries it.
struct key_use {
  std::uint32_t first = nowhere;  ///< attempt
  std::uint32_t last = nowhere;   ///< attempt
  std::uint32_t row = nowhere;    ///< the first of them, in the room's rows
};

struct room_log {
  const checker::stored* stored = nullptr;  ///< the last reading
  std::uint32_t stored_at = nowhere;
  std::span<const row> rows;
  bool is_contiguous = true;
  std::unordered_map<std::uint64_t, std::uint32_t> row_by_seq;  ///< only where it is not
  std::vector<std::uint32_t> attempts;
  std::vector<std::uint32_t> lost_tails;  ///< records
  std::vector<std::uint32_t> strays;      ///< records
  bool is_used = false;
  bool has_changes = false;  ///< edits, deletes, or what they left

  std::uint64_t floor() const { return stored ? stored->floor.seq : 0; }
  std::uint32_t row_at(std::uint64_t seq) const;
  const row* find(std::uint64_t seq) const;
};

/// A history sorted into rooms, attempts, keys and streams: what the rules read. Two passes. Every vector is indexed by
/// the id of its kind, so that its first element is nobody.
struct indexed {
  explicit indexed(const history& what_happened);

  const checker::history& history;
  std::vector<room_log> rooms;
  std::vector<attempt> attempts;
  std::vector<stream> streams;
  std::vector<key_use> keys;
  std::uint32_t healed_at = nowhere;
  bool has_links = false;  ///< nodes had links between them, and repeat by themselves what a broken one lost
  /// Why the history contradicts itself; empty where it does not.
  std::string contradiction;

  const record& at(std::uint32_t place) const { return history.records()[place]; }
  /// The ack is in the log as it was told, or below the floor, where nobody can know.
  bool holds(const publish_ended& ack, const room_log& room) const;
  /// A tail was lost that held this position: so the log of today need not have it. Where a run does not know how far
  /// that tail went, only what was told before the loss can have been of it.
  bool may_be_lost(const room_log& room, position told, std::uint32_t told_at) const;
  bool was_lost(const room_log& room, position held, std::uint32_t known_at) const;

private:
  struct sorter;
};

}  // namespace parley::checker
