#pragma once

#include "loadtest/report/run_result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace parley::load::reporting {

/// Which way of a figure is the better one.
enum class better { higher, lower, neither };

struct figure {
  std::string name, unit;
  double value = 0;
  better way = better::neither;
};

/// What a run comes to: rates over all that was measured, latencies, and what each process spent a unit.
std::vector<figure> figures_of(const run_result& run);

/// One figure of all runs. The first run is what the others are compared with.
struct compared {
  std::string name, unit;
  better way = better::neither;
  std::vector<std::optional<double>> values;  ///< one a run; none where a run lacks it
  std::vector<std::optional<double>> ratios;  ///< by the first run's value; none without both, or where that is 0
};

std::vector<compared> compare(const std::vector<run_result>& runs);

/// A line of a plot. A gap has no value.
using line = std::vector<std::optional<double>>;

/// Cores that a process used within each interval, as long as `t_s`: the derivative of its CPU seconds. An interval
/// over which the process was replaced has none, nor has one after its last sample.
line cores_used(const process& p, const series& s);

/// Memory at the end of each interval, as long as `t_s`.
line memory_held(const process& p, const series& s);

/// Per second, out of what happened in each interval.
line rate_of(const std::vector<double>& happened, const series& s);

/// HdrHistogram's plot: x is 1 / (1 - p), so that each decade is one more nine; y is the latency in us.
struct percentile_curve {
  std::vector<double> x, y_us;
};
percentile_curve curve_of(const latency& l);

/// A process's name, numbered where the run watched several of that name: a pid says nothing in another run.
/// @param p one of `run.processes`
std::string label_of(const process& p, const run_result& run);

}  // namespace parley::load::reporting
