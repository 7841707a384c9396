#include "loadtest/plan/projection.hpp"

#include "loadtest/plan/cost_table.hpp"
#include "loadtest/plan/limits.hpp"
#include "loadtest/plan/odd_input.hpp"
#include "loadtest/readable.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace parley::load::planning {
namespace {

constexpr double million = 1e6;
// docs/operations.md: database.reader_connections + 2 of each node; a link to publish and one to subscribe.
constexpr double links_of_a_database = 4, links_of_an_endpoint = 2;

/// Rounded up, and no machine at all where nothing is to do. What floating point adds is no machine.
double machines(double cores, double cores_of_one) { return std::ceil(cores / cores_of_one - 1e-9); }

void must(bool is_fine, const std::string& otherwise) {
  if (!is_fine) throw odd_input(otherwise);
}

void add_drivers(projection& p, const demand& d, const costs& unit) {
  const auto add = [&](const char* name, double n, const char* of, double us, const char* lower) {
    p.drivers.push_back({name, readable(n) + " " + of + " x " + readable(us) + " us", n * us / million, 0, lower});
  };
  add("idle sessions", d.connections, "sessions", unit.idle_us_per_s.value, "fewer pings; fewer sessions a user");
  add("deliveries", p.deliveries, "deliveries/s", unit.deliver_us.value,
      "fewer readers online in a busy room; bursts in one frame (events that leave together cost far less each)");
  add("publishes", d.publishes, "publishes/s", unit.publish_us.value, "a rate for each session");
  if (d.joins > 0)
    add("joins", d.joins, "joins/s", unit.join_us.value, "longer connections; clients that resume in place of joining");
  add("PostgreSQL", d.publishes, "events/s", p.event_us * unit.postgres_factor.value,
      "larger batches (fewer, busier nodes a database); ordered client_msg_ids");
  add("Redis", p.redis_copies, "copies/s", unit.redis_us.value, "readers of a room on fewer nodes");
  double all = 0;
  for (const auto& one : p.drivers) all += one.busy_cores;
  for (auto& one : p.drivers) one.share = all > 0 ? one.busy_cores / all : 0;
  std::ranges::stable_sort(p.drivers, std::greater<>(), &driver::busy_cores);
}

void add_linear(projection& p, const demand& d) {
  for (const auto& entry : cost_entries())
    if (entry.linear != nullptr && (d.joins > 0 || std::string_view(entry.name) != "join") &&
        (d.rooms > 0 || std::string_view(entry.name) != "room"))
      p.linear.push_back(std::string(entry.name) + ": " + entry.linear);
  p.linear.push_back(std::string(event_name) + ": " + event_linear);
  p.linear.push_back("target use: a machine answers at " + readable(d.target_use * 100) +
                     " % of its cores as it does with less; nothing here is about latency");
}

}  // namespace

void check(const demand& d) {
  const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
  must(positive(d.connections), "--connections must be a number above 0");
  must(std::isfinite(d.publishes) && d.publishes >= 0, "--publishes must be a number from 0 on, per second");
  must(std::isfinite(d.readers) && d.readers >= 0,
       "--readers must be a number from 0 on: online readers of one publish");
  must(d.readers <= d.connections, "--readers " + readable(d.readers) + " are more than the " +
                                       readable(d.connections) + " connections: a reader is a connection");
  must(std::isfinite(d.nodes_holding) && d.nodes_holding >= 0, "--nodes-holding must be a number from 0 on");
  must(d.nodes_holding <= std::max(d.readers, 1.0),
       "--nodes-holding " + readable(d.nodes_holding) + " is more than the " + readable(d.readers) +
           " readers: a node holds readers of a publish only if it has at least one");
  must(d.readers == 0 || d.nodes_holding > 0, "--nodes-holding must be above 0 where there are readers");
  must(std::isfinite(d.batch) && d.batch >= 1, "--batch must be at least 1 event");
  must(std::isfinite(d.target_use) && d.target_use > 0 && d.target_use <= 1,
       "--target-use must be above 0 and at most 1: it is the share of a core that is to be busy, 0.5 for one half");
  must(std::isfinite(d.joins) && d.joins >= 0, "--joins must be a number from 0 on, per second");
  must(std::isfinite(d.rooms) && d.rooms >= 0, "--rooms must be a number from 0 on");
  must(positive(d.cores_of_a_node), "--node-cores must be a number above 0");
  must(positive(d.cores_of_a_database), "--database-cores must be a number above 0");
}

projection project(const demand& d, const costs& unit) {
  check(d);
  projection p;
  p.deliveries = d.publishes * d.readers;
  p.redis_copies = d.publishes * d.nodes_holding;
  p.event_us = unit.event_us.us_per_event(d.batch);
  add_drivers(p, d, unit);

  p.node_cores = (d.connections * unit.idle_us_per_s.value + p.deliveries * unit.deliver_us.value +
                  d.publishes * unit.publish_us.value + d.joins * unit.join_us.value) /
                 million / d.target_use;
  p.node_memory_bytes =
      d.connections * (unit.session_bytes.value + unit.kernel_bytes.value) + d.rooms * unit.room_bytes.value;
  p.nodes = std::max({1.0, machines(p.node_cores, d.cores_of_a_node), std::ceil(d.nodes_holding)});
  p.sessions_of_a_node = d.connections / p.nodes;
  p.deliveries_of_a_node = p.deliveries / p.nodes;
  p.traffic_bits = p.deliveries * unit.wire_bytes.value * 8;

  p.postgres_write_cores = d.publishes * p.event_us / million / d.target_use;
  p.postgres_cores = p.postgres_write_cores * unit.postgres_factor.value;
  p.databases = std::max(1.0, machines(p.postgres_cores, d.cores_of_a_database));
  p.stored_bytes = d.publishes * unit.stored_bytes.value;
  p.wal_bytes = d.publishes * unit.wal_bytes.value;

  p.redis_cores = p.redis_copies * unit.redis_us.value / million / d.target_use;
  p.redis_endpoints = std::max(1.0, machines(p.redis_cores, 1));  // a Redis server runs its commands on one core
  p.mesh_links =
      p.nodes * (p.redis_endpoints * links_of_an_endpoint + p.databases * links_of_a_database + (p.nodes - 1));

  p.return_core_s = d.connections / 3 * unit.handshake_us.value / million;
  const double spare_cores = std::max(p.node_cores, p.nodes * d.cores_of_a_node) * 2 / 3 * (1 - d.target_use);
  p.return_s = spare_cores > 0 ? p.return_core_s / spare_cores : 0;
  add_linear(p, d);
  p.limits = limits_of(d, p);
  return p;
}

}  // namespace parley::load::planning
