#include "loadtest/load/drift.hpp"

#include <cmath>
#include <numeric>

namespace parley::load {
namespace {

constexpr std::size_t intervals_min = 8;

template <class Number>
double mean(const std::vector<Number>& of, std::size_t from, std::size_t count) {
  const auto begin = of.begin() + static_cast<std::ptrdiff_t>(from);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(count), 0.0) / static_cast<double>(count);
}

/// Adds nothing for what never happened.
template <class Number>
void compare(std::vector<drift_line>& out, const std::string& what, const std::vector<Number>& of, bool grows_worse) {
  if (of.size() < intervals_min) return;
  const auto quarter = of.size() / 4;
  drift_line line{what, mean(of, 0, quarter), mean(of, of.size() - quarter, quarter)};
  if (line.first <= 0) return;
  line.percent = 100 * (line.last - line.first) / line.first;
  line.is_worse = grows_worse ? line.percent > 0 : line.percent < 0;
  out.push_back(line);
}

}  // namespace

std::vector<drift_line> drift_of(const recorder::series& series, const std::vector<process_watch::samples>& processes) {
  std::vector<drift_line> lines;
  compare(lines, "acks", series.acks, false);
  compare(lines, "deliveries", series.deliveries, false);
  compare(lines, "joins", series.joins, false);
  compare(lines, "p50", series.p50_us, true);
  compare(lines, "p99", series.p99_us, true);
  for (const auto& one : processes) compare(lines, "memory of " + one.name, one.rss_bytes, true);
  return lines;
}

}  // namespace parley::load
