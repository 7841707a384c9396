#pragma once

#include "loadtest/plan/costs.hpp"

namespace parley::load::planning {

/// The round unit costs of the example in docs/performance.md, "Plan a cluster".
inline costs example_costs() {
  costs unit;
  unit.about = "the example";
  unit.idle_us_per_s.value = 2.5, unit.deliver_us.value = 15, unit.publish_us.value = 12, unit.join_us.value = 40;
  unit.handshake_us.value = 1100;
  unit.session_bytes.value = 10'000, unit.kernel_bytes.value = 4'000, unit.room_bytes.value = 1'000;
  unit.event_us.points = {{1, 25}};  // whatever the batch
  unit.postgres_factor.value = 2, unit.stored_bytes.value = 350, unit.wal_bytes.value = 600;
  unit.redis_us.value = 1.5, unit.wire_bytes.value = 450;
  return unit;
}

}  // namespace parley::load::planning
