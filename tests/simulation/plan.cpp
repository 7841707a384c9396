#include "tests/simulation/plan.hpp"

namespace parley::simulation {

const char* to_string(fault f) {
  switch (f) {
    case fault::kill_node: return "kill node";
    case fault::pause_node: return "pause node";
    case fault::roll_node: return "roll node";
    case fault::cut_database: return "cut database links";
    case fault::crash_database: return "crash database";
    case fault::fail_over: return "fail over";
    case fault::lose_tail: return "fail over, tail lost";
    case fault::read_only_database: return "database read-only";
    case fault::slow_database: return "slow database";
    case fault::lock_shard: return "shard locked";
    case fault::cut_endpoint: return "cut Redis links";
    case fault::stop_endpoint: return "Redis stopped";
    case fault::split_endpoint: return "Redis split";
    case fault::close_way: return "way closed";
    case fault::drop_client: return "client dropped";
    case fault::jump_clock: return "clock jumps";
  }
  return "?";
}

plan draw_plan(agenda& chance) {
  plan p;
  p.nodes = 1 + chance.below(3);
  p.databases = 1 + chance.below(2);
  p.endpoints = 1 + chance.below(2);
  p.rooms = 1 + chance.below(4);
  p.clients = 2 + chance.below(4);
  p.messages = 5 + chance.below(30);
  for (std::size_t f = 0; f < fault_count; ++f) {
    // A lost tail makes acked losses, resets and numbers given twice, as it must; `decide` cannot yet tell those from
    // bugs, so no seed draws it.
    const bool is_judged = f != static_cast<std::size_t>(fault::lose_tail);
    if (is_judged && chance.chance(30)) p.faults.push_back(static_cast<fault>(f));
  }
  p.fault_pause = chance.between(milliseconds{50}, milliseconds{1500});
  p.faulty_time = milliseconds{2000 + static_cast<std::int64_t>(chance.below(8000))};
  if (chance.chance(50)) p.dropped_percent = static_cast<unsigned>(chance.below(60));
  if (chance.chance(30)) p.doubled_percent = static_cast<unsigned>(chance.below(30));
  if (chance.chance(30)) p.held_percent = static_cast<unsigned>(chance.below(30));
  p.outbox_max = 1 + chance.below(chance.chance(50) ? 4 : 64);
  p.has_slow_readers = chance.chance(40);

  auto& o = p.options;
  o.shards = 1 + static_cast<std::uint32_t>(chance.below(6));
  for (std::uint32_t i = 0; i < o.shards; ++i)
    o.routes.push_back({database_id{static_cast<std::uint32_t>(i % p.databases)}, i % p.endpoints});
  o.room_idle_max = milliseconds{200 + static_cast<std::int64_t>(chance.below(5000))};
  o.feed_linger = milliseconds{100 + static_cast<std::int64_t>(chance.below(3000))};
  o.beacon_period = milliseconds{50 + static_cast<std::int64_t>(chance.below(300))};
  o.writer.batch_events_max = 1 + chance.below(8);
  o.writer.deadline = milliseconds{300 + static_cast<std::int64_t>(chance.below(4700))};
  o.room.dedup_keys_max = 1 + chance.below(16);
  o.feed.window_events = 1 + chance.below(32);
  o.feed.ahead_max = 1 + chance.below(16);
  o.join.page_events = 1 + static_cast<std::uint32_t>(chance.below(10));
  return p;
}

}  // namespace parley::simulation
