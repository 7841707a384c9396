#include "loadtest/load/run_result.hpp"

#include <boost/json.hpp>

#include <sys/utsname.h>

#include <fstream>
#include <thread>

namespace parley::load {
namespace {

namespace json = boost::json;

json::array list_of(const auto& items) {
  json::array list;
  for (const auto& one : items) list.emplace_back(one);
  return list;
}

json::object machine() {
  std::string cpu = "?", line;
  for (std::ifstream file("/proc/cpuinfo"); std::getline(file, line);)
    if (line.starts_with("model name")) cpu = line.substr(std::min(line.size(), line.find(':') + 2));
  utsname system{};
  ::uname(&system);
  return {{"cores", std::thread::hardware_concurrency()}, {"cpu", cpu}, {"kernel", system.release}};
}

json::object parameters_of(const parameters& values) {
  json::object all;
  for (const auto& one : parameter_table())
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::vector<std::string>>)
            all[one.key] = list_of(value);
          else
            all[one.key] = value;
        },
        one.value(values));
  return all;
}

json::object latency_of(const latency_histogram& h) {
  json::array buckets;
  h.each([&](std::chrono::nanoseconds upper, std::uint64_t count) {
    buckets.push_back(json::array{microseconds_of(upper), count});
  });
  return {{"count", h.count()},
          {"min", microseconds_of(h.min())},
          {"max", microseconds_of(h.max())},
          {"mean", microseconds_of(h.mean())},
          {"p50", microseconds_of(h.at(0.5))},
          {"p90", microseconds_of(h.at(0.9))},
          {"p99", microseconds_of(h.at(0.99))},
          {"p99_9", microseconds_of(h.at(0.999))},
          {"p99_99", microseconds_of(h.at(0.9999))},
          {"buckets", buckets}};
}

json::object totals_of(const run_result& r) {
  const auto& t = r.measured.total();
  json::object errors;
  for (const auto& [code, times] : r.measured.errors()) errors[code] = times;
  return {{"publishes", t.publishes},   {"acks", t.acks},   {"errors", errors},
          {"deliveries", t.deliveries}, {"joins", t.joins}, {"resumes", t.resumes},
          {"catch_ups", t.catch_ups},   {"gaps", t.gaps},   {"bytes_in", r.bytes_in},
          {"bytes_out", r.bytes_out}};
}

json::object series_of(const run_result& r) {
  const auto& s = r.measured.history();
  return {{"interval_s", r.interval_s},
          {"latency", name_of(r.measured.shown())},
          {"t_s", list_of(s.t_s)},
          {"acks", list_of(s.acks)},
          {"deliveries", list_of(s.deliveries)},
          {"joins", list_of(s.joins)},
          {"errors", list_of(s.errors)},
          {"p50_us", list_of(s.p50_us)},
          {"p99_us", list_of(s.p99_us)}};
}

json::array violations_of(const violations& found) {
  json::array list;
  for (const auto& one : found.first())
    list.push_back({{"client", one.client}, {"room", one.room}, {"rule", one.rule}, {"saw", one.saw}});
  return list;
}

json::array processes_of(const run_result& r) {
  json::array list;
  for (const auto& one : r.processes)
    list.push_back(
        {{"name", one.name}, {"pid", one.pid}, {"cpu_s", list_of(one.cpu_s)}, {"rss_bytes", list_of(one.rss_bytes)}});
  return list;
}

json::array drift_list(const run_result& r) {
  json::array list;
  for (const auto& one : r.drift)
    list.push_back({{"what", one.what}, {"first", one.first}, {"last", one.last}, {"percent", one.percent}});
  return list;
}

}  // namespace

std::string result_json(const run_result& r) {
  json::object latency;
  for (std::size_t n = 0; n < timed_count; ++n) {
    const auto what = static_cast<timed>(n);
    latency[name_of(what)] = latency_of(r.measured.latency(what));
  }
  json::object whole{{"format", "parley-load/1"},
                     {"scenario", {{"name", r.scenario}, {"parameters", parameters_of(r.values)}}},
                     {"started", r.started},
                     {"machine", machine()},
                     {"version", r.version},
                     {"commit", r.commit},
                     {"partial", r.is_partial},
                     {"measured_s", r.measured.measured_s()},
                     {"targets", list_of(r.values.targets)},
                     {"connections", r.connections},
                     {"totals", totals_of(r)},
                     {"violation_count", r.found.count()},
                     {"violations", violations_of(r.found)},
                     {"latency_us", latency},
                     {"series", series_of(r)},
                     {"processes", processes_of(r)},
                     {"generator",
                      {{"cpu_s", r.generator_cpu_s},
                       {"ceiling_per_s", r.ceiling.per_s},
                       {"ceiling_what", r.ceiling.what},
                       {"above_half", r.is_above_half}}}};
  if (r.overload)
    whole["overload"] = {{"peak_per_s", r.overload->peak_per_s},
                         {"offered_per_s", r.overload->offered_per_s},
                         {"goodput_per_s", r.overload->goodput_per_s}};
  if (!r.drift.empty()) whole["drift"] = drift_list(r);
  return json::serialize(whole);
}

}  // namespace parley::load
