#include "loadtest/plan/cost_table.hpp"
#include "loadtest/plan/plan_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace parley::load::planning {
namespace {

namespace json = boost::json;

json::object told(const unit_cost& cost, const char* unit, double value) {
  return {{"value", value},          {"unit", unit}, {"kind", word_of(cost.kind)}, {"what", cost.what},
          {"machine", cost.machine}, {"on", cost.on}};
}

json::object told(const demand& d) {
  return {{"connections", d.connections},
          {"publishes", d.publishes},
          {"readers", d.readers},
          {"nodes_holding", d.nodes_holding},
          {"batch", d.batch},
          {"target_use", d.target_use},
          {"joins", d.joins},
          {"rooms", d.rooms},
          {"node_cores", d.cores_of_a_node},
          {"database_cores", d.cores_of_a_database}};
}

json::object told(const projection& p) {
  return {{"node_cores", p.node_cores},
          {"nodes", p.nodes},
          {"node_memory_bytes", p.node_memory_bytes},
          {"deliveries_per_s", p.deliveries},
          {"traffic_bits_per_s", p.traffic_bits},
          {"postgres_cores", p.postgres_cores},
          {"postgres_write_cores", p.postgres_write_cores},
          {"databases", p.databases},
          {"stored_bytes_per_s", p.stored_bytes},
          {"wal_bytes_per_s", p.wal_bytes},
          {"redis_cores", p.redis_cores},
          {"redis_endpoints", p.redis_endpoints},
          {"mesh_links", p.mesh_links},
          {"zone_return_core_s", p.return_core_s},
          {"zone_return_s", p.return_s}};
}

}  // namespace

std::string as_json(const demand& d, const costs& unit, const projection& p) {
  json::object all{{"format", "parley-plan/1"}, {"demand", told(d)}, {"needs", told(p)}, {"about_costs", unit.about}};
  json::array drivers, limits;
  for (const auto& one : p.drivers)
    drivers.push_back({{"name", one.name},
                       {"busy_cores", one.busy_cores},
                       {"share", one.share},
                       {"how", one.how},
                       {"lower", one.lower}});
  for (const auto& one : p.limits)
    limits.push_back({{"name", one.name}, {"words", one.words}, {"reached", one.is_reached}});
  json::object costs_told;
  for (const auto& entry : cost_entries()) {
    const auto& cost = unit.*entry.member;
    costs_told[entry.name] = told(cost, entry.unit, cost.value);
  }
  costs_told[event_name] = told(unit.event_us.source, event_unit, p.event_us);
  all["drivers"] = std::move(drivers);
  all["costs"] = std::move(costs_told);
  all["linear"] = json::array(p.linear.begin(), p.linear.end());
  all["limits"] = std::move(limits);
  return json::serialize(all);
}

}  // namespace parley::load::planning
