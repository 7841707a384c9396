#include "tests/simulation/plan.hpp"

#include <algorithm>

namespace parley::simulation {

const char* to_string(fault f) {
  switch (f) {
    case fault::kill_node: return "kill node";
    case fault::pause_node: return "pause node";
    case fault::roll_node: return "roll node";
    case fault::cut_database: return "cut database links";
    case fault::crash_database: return "crash database";
    case fault::fail_over: return "fail over";
    case fault::lose_tail: return "failover loses tail";
    case fault::read_only_database: return "database read-only";
    case fault::slow_database: return "slow database";
    case fault::lock_shard: return "shard locked";
    case fault::cut_endpoint: return "cut Redis links";
    case fault::stop_endpoint: return "Redis stopped";
    case fault::split_endpoint: return "Redis split";
    case fault::close_way: return "way closed";
    case fault::drop_client: return "client dropped";
    case fault::jump_clock: return "clock jumps";
    case fault::trim_room: return "history trimmed";
    case fault::cut_peers: return "cut peer links";
    case fault::hold_key: return "key held";
    case fault::move_slot: return "slot moved";
    case fault::move_shard: return "shard moves";
    case fault::move_endpoint: return "endpoint moves";
    case fault::take_shard: return "shard taken";
  }
  return "?";
}

std::optional<fault> fault_of(std::string_view name) {
  for (std::size_t f = 0; f < fault_count; ++f)
    if (name == to_string(static_cast<fault>(f))) return static_cast<fault>(f);
  return std::nullopt;
}

namespace {

class lots {
public:
  explicit lots(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t below(std::string_view what, std::uint64_t limit) const {
    std::uint64_t key = 0xcbf29ce484222325ULL ^ seed_;
    for (const unsigned char c : what) key = (key ^ c) * 0x100000001b3ULL;
    return agenda(key).below(limit);
  }
  bool chance(std::string_view what, unsigned percent) const { return below(what, 100) < percent; }
  milliseconds ms(std::string_view what, std::int64_t least, std::int64_t range) const {
    return milliseconds{least + static_cast<std::int64_t>(below(what, static_cast<std::uint64_t>(range)))};
  }
  unsigned percent(const std::string& what, unsigned how_often, unsigned most) const {
    return chance("any " + what, how_often) ? static_cast<unsigned>(below(what, most)) : 0;
  }

private:
  std::uint64_t seed_;
};

void draw_tuning(const lots& draw, plan& p) {
  auto& o = p.options;
  o.shards = 1 + static_cast<std::uint32_t>(draw.below("shards", 6));
  for (std::uint32_t i = 0; i < o.shards; ++i)
    o.routes.push_back({database_id{static_cast<std::uint32_t>(i % p.databases)}, i % p.endpoints});
  o.room_idle_max = draw.ms("room_idle_max", 200, 5000);
  o.feed_linger = draw.ms("feed_linger", 100, 3000);
  o.beacon_period = draw.ms("beacon_period", 50, 300);
  o.writer.batch_events_max = 1 + draw.below("batch_events_max", 8);
  p.gather_events = draw.chance("gathering", 40) ? 2 + draw.below("gather_events", 12) : 0;
  o.writer.deadline = draw.ms("deadline", 300, 4700);
  o.room.dedup_keys_max = 1 + draw.below("dedup_keys_max", 16);
  o.feed.window_events = 1 + draw.below("window_events", 32);
  o.feed.ahead_max = 1 + draw.below("ahead_max", 16);
  o.join.page_events = 1 + static_cast<std::uint32_t>(draw.below("page_events", 10));
}

}  // namespace

bool plan::has_moves() const { return databases > 1 && std::ranges::find(faults, fault::move_shard) != faults.end(); }

bool plan::has_endpoint_moves() const {
  return endpoints > 1 && std::ranges::find(faults, fault::move_endpoint) != faults.end();
}

bool plan::has_slots() const { return std::ranges::find(faults, fault::move_slot) != faults.end(); }

plan draw_plan(std::uint64_t seed) {
  const lots draw(seed);
  plan p;
  p.nodes = 1 + draw.below("nodes", 3);
  p.databases = 1 + draw.below("databases", 2);
  p.endpoints = 1 + draw.below("endpoints", 2);
  p.rooms = 1 + draw.below("rooms", 4);
  p.clients = 2 + draw.below("clients", 4);
  p.messages = 5 + draw.below("messages", 30);
  for (std::size_t f = 0; f < fault_count; ++f)
    if (draw.chance(to_string(static_cast<fault>(f)), 30)) p.faults.push_back(static_cast<fault>(f));
  p.fault_pause = draw.ms("fault_pause", 50, 1450);
  p.faulty_time = draw.ms("faulty_time", 2000, 8000);
  p.dropped_percent = draw.percent("dropped", 50, 60);
  p.doubled_percent = draw.percent("doubled", 30, 30);
  p.held_percent = draw.percent("held", 30, 30);
  p.outbox_max = 1 + draw.below("outbox_max", draw.chance("outbox is tiny", 50) ? 4 : 64);
  p.has_slow_readers = draw.chance("slow readers", 40);
  p.has_short_links = draw.chance("short links", 40);
  draw_tuning(draw, p);
  return p;
}

}  // namespace parley::simulation
