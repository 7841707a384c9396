#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::load::reporting {

/// One latency's histogram, in microseconds. `buckets` are ascending: the largest value of each, and how many fell
/// there.
struct latency {
  struct bucket {
    double upper_us = 0;
    std::uint64_t count = 0;
  };
  std::uint64_t count = 0;
  double min = 0, max = 0, mean = 0, p50 = 0, p90 = 0, p99 = 0, p99_9 = 0, p99_99 = 0;
  std::vector<bucket> buckets;
};

/// What happened within each interval, and how long the run had been measured at its end.
struct series {
  double interval_s = 1;
  std::string shown;  ///< the latency that p50_us and p99_us are of; empty: not told
  std::vector<double> t_s, acks, deliveries, joins, errors, p50_us, p99_us;
};

/// A watched process at the end of each interval; with one sample more, the first is from the begin. One that ended
/// early may have fewer.
struct process {
  std::string name;
  std::uint64_t pid = 0;
  std::vector<double> cpu_s;  ///< cumulative, from the begin of what is measured on
  std::vector<double> rss_bytes;
};

/// What an overload found: acks/s of the closed loop before, publishes/s that fell due, acks/s of those.
struct overload {
  double peak_per_s = 0, offered_per_s = 0, goodput_per_s = 0;
};

/// A figure of a soak's first part and of its last one.
struct drift {
  std::string what;
  double first = 0, last = 0;
};

/// What the checker saw and no reader may see.
struct violation {
  std::string client, room, rule, saw;
};

/// One result file of the load harness, `parley-load/1`. Strings are the file's own: nothing in them is to be trusted.
struct run_result {
  std::string file;  ///< its name without folders
  std::string scenario, started, version, commit, cpu, kernel;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<std::string> targets;
  std::uint64_t cores = 0, connections = 0;
  bool is_partial = false;
  double measured_s = 0;
  std::uint64_t publishes = 0, acks = 0, deliveries = 0, joins = 0, resumes = 0, bytes_in = 0, bytes_out = 0;
  std::vector<std::pair<std::string, std::uint64_t>> errors;  ///< by code
  std::vector<violation> violations;                          ///< the first ones
  std::uint64_t violation_count = 0;                          ///< of all
  std::map<std::string, latency> latencies;                   ///< by the name of what was measured: publish_to_ack, ...
  reporting::series series;
  std::vector<process> processes;
  std::optional<reporting::overload> overload;
  std::vector<drift> drifts;
  double generator_cpu_s = 0;
  double ceiling_per_s = 0;  ///< 0: not told
  std::string ceiling_what;
  bool is_above_half = false;  ///< the generator says that it came within half of its ceiling
};

}  // namespace parley::load::reporting
