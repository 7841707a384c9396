#pragma once

#include "actors/chat_options.hpp"
#include "tests/simulation/agenda.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::simulation {

/// What may go wrong in a run.
enum class fault : std::uint8_t {
  kill_node,
  pause_node,
  roll_node,
  cut_database,
  crash_database,
  fail_over,
  lose_tail,
  read_only_database,
  slow_database,
  lock_shard,
  cut_endpoint,
  stop_endpoint,
  split_endpoint,
  close_way,
  drop_client,
  jump_clock,
  trim_room,
  cut_peers,
  hold_key,
  move_slot,
  move_shard,
  move_endpoint,
  take_shard,
};
inline constexpr std::size_t fault_count = 23;
const char* to_string(fault f);
std::optional<fault> fault_of(std::string_view name);

/// The world of one seed: how many of each there are, how they are tuned, and which faults it suffers. Small queues,
/// pages and batches on purpose, so that every border is met often.
struct plan {
  std::size_t nodes = 1, databases = 1, endpoints = 1, rooms = 1, clients = 2, messages = 20;
  std::vector<fault> faults;
  nanoseconds fault_pause{};  ///< the mean time between two faults
  milliseconds faulty_time{};
  unsigned dropped_percent = 0, doubled_percent = 0, held_percent = 0;  ///< of Redis messages
  std::size_t outbox_max = 64;
  std::size_t gather_events = 0;  ///< for which a writer waits, also after small batches; 0: it does not
  bool has_slow_readers = false;
  bool has_short_links = false;  ///< some links between nodes hold few items: a full one is closed
  chat_options options;

  /// The endpoints are Redis Clusters, each with its slots.
  bool has_slots() const;
  /// Shards move between the databases.
  bool has_moves() const;
  /// Their live copies move between the endpoints.
  bool has_endpoint_moves() const;
};

/// Each choice is drawn by its own name, so that a new kind of fault or size leaves the others of a seed as they are.
plan draw_plan(std::uint64_t seed);

}  // namespace parley::simulation
