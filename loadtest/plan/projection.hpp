#pragma once

#include "loadtest/plan/costs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::load::planning {

/// What is asked of a cluster.
struct demand {
  double connections = 0;    ///< sessions
  double publishes = 0;      ///< per second, of all rooms
  double readers = 0;        ///< online readers of one publish
  double nodes_holding = 1;  ///< nodes that hold them
  double batch = 100;        ///< events of one transaction
  double target_use = 0.5;   ///< of a core, 0 to 1: the rest is for peaks and for what fails
  double joins = 0;          ///< per second
  double rooms = 0;          ///< rooms that somebody reads
  double cores_of_a_node = 16;
  double cores_of_a_database = 8;
};

/// @throws odd_input where a number is none, or contradicts another
void check(const demand& asked);

/// One term of the cores: what is busy, before it is divided by the target use.
struct driver {
  std::string name, how;  ///< `how` is the multiplication, with its numbers
  double busy_cores = 0;
  double share = 0;   ///< of all busy cores
  std::string lower;  ///< what would make it smaller
};

/// Where the projection ends to hold.
struct limit {
  std::string name, words;
  bool is_reached = false;  ///< by this demand, as far as it tells
};

struct projection {
  double node_cores = 0, nodes = 0, node_memory_bytes = 0, sessions_of_a_node = 0;
  double deliveries = 0, deliveries_of_a_node = 0, traffic_bits = 0;  ///< per second
  double event_us = 0;                                                ///< at the batch that was asked for
  double postgres_write_cores = 0, postgres_cores = 0, databases = 0;
  double wal_bytes = 0, stored_bytes = 0;  ///< per second
  double redis_copies = 0, redis_cores = 0, redis_endpoints = 0;
  double mesh_links = 0;
  double return_core_s = 0,
         return_s = 0;              ///< of a third of the sessions: CPU, and the time at full use of what is left
  std::vector<driver> drivers;      ///< the largest first
  std::vector<std::string> linear;  ///< each term that is taken to grow in proportion
  std::vector<limit> limits;
};

/// docs/performance.md, "Plan a cluster". Whole machines are rounded up; cores are not.
/// @throws odd_input as `check`
projection project(const demand& asked, const costs& unit);

}  // namespace parley::load::planning
