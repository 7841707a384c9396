#pragma once

#include "loadtest/plan/costs.hpp"

#include <span>

namespace parley::load::planning {

/// One cost as a file names it, and what a plan takes as linear where it uses it.
struct cost_entry {
  const char* name;
  const char* unit;
  unit_cost costs::*member;
  const char* linear;  ///< null: nothing is scaled by it
};

std::span<const cost_entry> cost_entries();

inline constexpr const char* event_name = "event";
inline constexpr const char* event_unit = "us";
inline constexpr const char* event_linear =
    "PostgreSQL's CPU grows with the events; in truth also with the size of the indexes once they outgrow memory, and "
    "with the shards that one batch touches";

}  // namespace parley::load::planning
