#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::load::planning {

/// How a unit cost is known. Only `measured` was seen on Parley; a plan names every other kind beside its figure.
enum class provenance { measured, reference, published, goal, assumed };

std::string_view word_of(provenance kind);

/// What one unit costs, and where that is from.
struct unit_cost {
  double value = 0;
  provenance kind = provenance::assumed;
  std::string what;     ///< what was measured, or why it is assumed
  std::string machine;  ///< where; empty where nothing was measured
  std::string on;       ///< the day, as the file says it
};

/// PostgreSQL's CPU per event by the events of a batch: points that were measured. Between two points a fixed share of
/// the batch and a share of each event are taken, which is a line over 1 / batch; outside of them the nearest point.
struct batch_cost {
  std::vector<std::pair<double, double>> points;  ///< events of a batch, us per event; ascending
  unit_cost source;                               ///< `value` is not used
  double us_per_event(double batch) const;
};

/// All unit costs of a plan, each in the unit of its name.
struct costs {
  std::string about;
  unit_cost idle_us_per_s;    ///< node CPU of a session that says nothing
  unit_cost deliver_us;       ///< node CPU of one event to one session
  unit_cost publish_us;       ///< node CPU of one durable publish
  unit_cost join_us;          ///< node CPU of one join
  unit_cost handshake_us;     ///< CPU of a TLS handshake with its upgrade, wherever TLS ends
  unit_cost session_bytes;    ///< node memory of a session with one room
  unit_cost kernel_bytes;     ///< the kernel's, of its socket
  unit_cost room_bytes;       ///< node memory of a room that somebody reads
  batch_cost event_us;        ///< PostgreSQL CPU of an event
  unit_cost postgres_factor;  ///< all of PostgreSQL's cores by those of the writes
  unit_cost stored_bytes;     ///< table and indexes, of an event
  unit_cost wal_bytes;        ///< of an event
  unit_cost redis_us;         ///< Redis CPU of one event to one node
  unit_cost wire_bytes;       ///< of one delivery on the network
};

/// Reads a file of costs, in TOML.
/// @param name for refusals
/// @throws odd_input where a cost is missing, unknown, of another unit, or not a number from 0 on
costs parse_costs(std::string_view text, const std::string& name);

/// @throws odd_input also where the file cannot be read
costs read_costs(const std::string& path);

/// loadtest/plan/costs.toml, as it was when the program was built.
costs shipped_costs();

}  // namespace parley::load::planning
