#include "loadtest/plan/plan_text.hpp"

#include "loadtest/plan/cost_table.hpp"
#include "loadtest/readable.hpp"

#include <algorithm>

namespace parley::load::planning {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string row(const std::string& name, const std::string& value, const std::string& how = {}) {
  auto line = "  " + padded(name, 22) + "  " + padded(value, 12) + "  " + how;
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string figures(const demand& d, const costs& unit, const projection& p) {
  const auto h = " at " + readable(d.target_use * 100) + " % use";
  std::string all = "What it takes" + h + ":\n";
  all += row("node cores", readable(p.node_cores), "(sessions, deliveries, publishes, joins) / target use");
  all += row("nodes", readable(p.nodes),
             "of " + readable(d.cores_of_a_node) + " cores, " + readable(p.sessions_of_a_node) + " sessions each");
  all += row("node memory", as_bytes(p.node_memory_bytes),
             as_bytes(p.node_memory_bytes / p.nodes) + " a node, the kernel's included");
  all += row("deliveries", readable(p.deliveries) + " /s", readable(p.traffic_bits / 1e9) + " Gbit/s");
  all += row("PostgreSQL cores", readable(p.postgres_cores),
             readable(p.postgres_write_cores) + " of writes at " + readable(p.event_us) +
                 " us an event in batches of " + readable(d.batch) + ", x " + readable(unit.postgres_factor.value));
  all += row("databases", readable(p.databases), "of " + readable(d.cores_of_a_database) + " cores");
  all += row("stored", as_bytes(p.stored_bytes) + "/s", as_bytes(p.stored_bytes * 86'400) + " a day");
  all += row("WAL", as_bytes(p.wal_bytes) + "/s", "for each copy");
  all += row("Redis cores", readable(p.redis_cores), readable(p.redis_copies) + " copies/s");
  all += row("Redis endpoints", readable(p.redis_endpoints), "of one core");
  return all + row("links of the mesh", readable(p.mesh_links), "grows faster than the nodes");
}

std::string costs_told(const costs& unit, const demand& d) {
  std::string all = "\nUnit costs (" + unit.about + "):\n";
  const auto told = [&](const std::string& name, const std::string& value, const unit_cost& cost) {
    all += row(name, value,
               std::string(word_of(cost.kind)) + ": " + cost.what + (cost.machine.empty() ? "" : "; " + cost.machine) +
                   (cost.on.empty() ? "" : "; " + cost.on));
  };
  for (const auto& entry : cost_entries()) {
    const auto& cost = unit.*entry.member;
    told(entry.name, readable(cost.value) + " " + entry.unit, cost);
  }
  told(event_name, readable(unit.event_us.us_per_event(d.batch)) + " " + event_unit, unit.event_us.source);
  return all;
}

}  // namespace

std::string as_text(const demand& d, const costs& unit, const projection& p) {
  std::string all = readable(d.connections) + " connections, " + readable(d.publishes) + " publishes/s, " +
                    readable(d.readers) + " readers of a publish on " + readable(d.nodes_holding) + " nodes" +
                    (d.joins > 0 ? ", " + readable(d.joins) + " joins/s" : "") + "\n\n";
  all += figures(d, unit, p);
  all += "\nWhat drives it (busy cores, the largest first):\n";
  for (const auto& one : p.drivers)
    all += row(one.name, readable(one.busy_cores),
               readable(one.share * 100) + " %; " + one.how + "; less by: " + one.lower);
  all += costs_told(unit, d);
  all += "\nTaken as linear:\n";
  for (const auto& words : p.linear) all += "  " + words + "\n";
  all += "\nWhat breaks it (! this demand reaches it):\n";
  for (const auto& one : p.limits)
    all += std::string(one.is_reached ? "! " : "  ") + one.name + ": " + one.words + "\n";
  all += "\nA projection, not a measurement: measure a part of it before you buy all of it.\n";
  if (d.joins == 0) all += "Joins are not counted: say --joins.\n";
  if (d.rooms == 0) all += "Memory of live rooms is not counted: say --rooms.\n";
  return all;
}

}  // namespace parley::load::planning
