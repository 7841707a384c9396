#include "loadtest/report/figures.hpp"

#include <algorithm>
#include <numeric>

namespace parley::load::reporting {
namespace {

/// Whether the first sample is from the begin of what is measured, before the first interval ended.
bool has_begin(const process& p, const series& s) { return p.cpu_s.size() == s.t_s.size() + 1; }

/// What happened within the intervals that a process has samples of.
double sum_within(const std::vector<double>& happened, std::size_t intervals) {
  return std::accumulate(happened.begin(), happened.begin() + static_cast<std::ptrdiff_t>(intervals), 0.0);
}

void add_latencies(std::vector<figure>& all, const run_result& run) {
  for (const auto& [name, l] : run.latencies) {
    if (l.count == 0) continue;
    std::string words = name;
    std::ranges::replace(words, '_', ' ');
    for (const auto& [tail, value] : {std::pair{"p50", l.p50},
                                      {"p90", l.p90},
                                      {"p99", l.p99},
                                      {"p99.9", l.p99_9},
                                      {"p99.99", l.p99_99},
                                      {"max", l.max}})
      all.push_back({words + " " + tail, "us", value, better::lower});
  }
}

/// A process's CPU is one: where a run does several things, each unit's figure carries all of it.
void add_processes(std::vector<figure>& all, const run_result& run) {
  for (const auto& p : run.processes) {
    const auto label = label_of(p, run);
    const auto begin = has_begin(p, run.series) ? p.cpu_s.front() : 0;
    const auto intervals = p.cpu_s.size() - (has_begin(p, run.series) ? 1 : 0);
    if (intervals > 0 && p.cpu_s.back() >= begin && std::ranges::is_sorted(p.cpu_s)) {
      const double used_s = p.cpu_s.back() - begin;
      all.push_back({"cores, " + label, "cores", used_s / run.series.t_s[intervals - 1], better::lower});
      const auto per = [&](const char* unit, const std::vector<double>& happened) {
        const double n = sum_within(happened, intervals);
        if (n > 0)
          all.push_back({"CPU per " + std::string(unit) + ", " + label, "us", used_s * 1e6 / n, better::lower});
      };
      per("ack", run.series.acks);
      per("delivery", run.series.deliveries);
      per("join", run.series.joins);
    }
    if (!p.rss_bytes.empty())
      all.push_back({"peak memory, " + label, "MB", *std::ranges::max_element(p.rss_bytes) / 1e6, better::lower});
  }
}

}  // namespace

std::vector<figure> figures_of(const run_result& run) {
  std::vector<figure> all;
  const auto rate = [&](const char* name, std::uint64_t n) {
    if (n > 0 && run.measured_s > 0)
      all.push_back({name, "/s", static_cast<double>(n) / run.measured_s, better::higher});
  };
  rate("acks", run.acks);
  rate("deliveries", run.deliveries);
  rate("joins", run.joins);
  rate("resumes", run.resumes);
  std::uint64_t errors = 0;
  for (const auto& [code, n] : run.errors) errors += n;
  all.push_back({"errors", "", static_cast<double>(errors), better::lower});
  all.push_back({"violations", "", static_cast<double>(run.violation_count), better::lower});
  add_latencies(all, run);
  add_processes(all, run);
  return all;
}

std::vector<compared> compare(const std::vector<run_result>& runs) {
  std::vector<compared> rows;
  for (std::size_t n = 0; n < runs.size(); ++n)
    for (const auto& f : figures_of(runs[n])) {
      auto row = std::ranges::find(rows, f.name, &compared::name);
      if (row == rows.end())
        row = rows.insert(rows.end(), compared{f.name, f.unit, f.way, std::vector<std::optional<double>>(runs.size()),
                                               std::vector<std::optional<double>>(runs.size())});
      row->values[n] = f.value;
    }
  for (auto& row : rows)
    for (std::size_t n = 1; n < runs.size(); ++n)
      if (row.values[0] && row.values[n] && *row.values[0] > 0) row.ratios[n] = *row.values[n] / *row.values[0];
  return rows;
}

line cores_used(const process& p, const series& s) {
  line cores(s.t_s.size());
  auto samples = p.cpu_s;
  if (!has_begin(p, s)) samples.insert(samples.begin(), 0);
  for (std::size_t i = 0; i < cores.size() && i + 1 < samples.size(); ++i) {
    const double took = s.t_s[i] - (i == 0 ? 0 : s.t_s[i - 1]);
    if (samples[i + 1] >= samples[i] && took > 0) cores[i] = (samples[i + 1] - samples[i]) / took;
  }
  return cores;
}

line memory_held(const process& p, const series& s) {
  line held(s.t_s.size());
  const std::size_t before = p.rss_bytes.size() == s.t_s.size() + 1 ? 1 : 0;
  for (std::size_t i = 0; i < held.size() && i + before < p.rss_bytes.size(); ++i) held[i] = p.rss_bytes[i + before];
  return held;
}

line rate_of(const std::vector<double>& happened, const series& s) {
  line rate;
  for (const double n : happened) rate.emplace_back(n / s.interval_s);
  return rate;
}

percentile_curve curve_of(const latency& l) {
  percentile_curve curve;
  if (l.count == 0) return curve;
  const auto total = static_cast<double>(l.count);
  curve.x.push_back(1), curve.y_us.push_back(l.min);
  std::uint64_t counted = 0;
  for (const auto& bucket : l.buckets) {
    if (bucket.count == 0) continue;
    counted += bucket.count;
    // The last value has no percentile below 100 %: it stands where one of `total` values is above the rest.
    const double x = counted < l.count ? total / static_cast<double>(l.count - counted) : total;
    const double y = std::min(bucket.upper_us, l.max);
    if (x <= curve.x.back())
      curve.y_us.back() = y;
    else
      curve.x.push_back(x), curve.y_us.push_back(y);
  }
  return curve;
}

std::string label_of(const process& p, const run_result& run) {
  std::size_t before = 0, all = 0;
  for (const auto& other : run.processes) {
    if (other.name != p.name) continue;
    if (&other < &p) ++before;
    ++all;
  }
  return all > 1 ? p.name + " #" + std::to_string(before + 1) : p.name;
}

}  // namespace parley::load::reporting
