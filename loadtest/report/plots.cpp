#include "loadtest/report/plots.hpp"

#include "loadtest/report/figures.hpp"
#include "loadtest/report/tables.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>

namespace parley::load::reporting {
namespace {

namespace json = boost::json;

json::array numbers(const std::vector<double>& values) { return json::array(values.begin(), values.end()); }

json::array with_gaps(const line& values) {
  json::array all;
  for (const auto& value : values) all.push_back(value ? json::value(*value) : json::value());
  return all;
}

json::object line_of(const std::string& label, std::size_t colour, std::size_t dash, json::array x, json::array y) {
  return {{"label", label}, {"colour", colour}, {"dash", dash}, {"x", std::move(x)}, {"y", std::move(y)}};
}

class chart_list {
public:
  explicit chart_list(const std::vector<run_result>& runs) : runs_(runs) {}

  void latencies() {
    std::set<std::string> names;
    for (const auto& run : runs_)
      for (const auto& [name, l] : run.latencies)
        if (l.count > 0) names.insert(name);
    for (const auto& name : names) {
      json::array lines;
      for (std::size_t n = 0; n < runs_.size(); ++n) {
        const auto found = runs_[n].latencies.find(name);
        if (found == runs_[n].latencies.end() || found->second.count == 0) continue;
        const auto curve = curve_of(found->second);
        lines.push_back(line_of(named(n), n, 0, numbers(curve.x), numbers(curve.y_us)));
      }
      std::string title = name;
      std::ranges::replace(title, '_', ' ');
      add("Latency by percentile", title, "percentile", "us", std::move(lines));
    }
  }

  void rates() {
    const auto chart = [&](const char* title, std::vector<double> series::*which) {
      json::array lines;
      bool has_any = false;
      for (std::size_t n = 0; n < runs_.size(); ++n) {
        const auto& s = runs_[n].series;
        has_any = has_any || std::ranges::any_of(s.*which, [](double v) { return v > 0; });
        lines.push_back(line_of(named(n), n, 0, numbers(s.t_s), with_gaps(rate_of(s.*which, s))));
      }
      if (has_any) add("Rate over time", title, "time", "per_s", std::move(lines));
    };
    chart("acks", &series::acks);
    chart("deliveries", &series::deliveries);
    chart("joins", &series::joins);
    chart("errors", &series::errors);
  }

  void tails() {
    json::array lines;
    for (std::size_t n = 0; n < runs_.size(); ++n) {
      const auto& s = runs_[n].series;
      lines.push_back(line_of(named(n, "p99"), n, 0, numbers(s.t_s), where_any(s.p99_us)));
      lines.push_back(line_of(named(n, "p50"), n, 1, numbers(s.t_s), where_any(s.p50_us)));
    }
    std::string of = runs_.front().series.shown;
    std::ranges::replace(of, '_', ' ');
    add("Latency over time", "p50 and p99 of each interval" + (of.empty() ? "" : ", " + of), "time", "us",
        std::move(lines));
  }

  /// A process has the same colour in every run; the run is the line's dash.
  void processes() {
    std::vector<std::string> seen;
    const auto colour_of = [&](const std::string& label) {
      const auto found = std::ranges::find(seen, label);
      const auto place = static_cast<std::size_t>(found - seen.begin());
      if (found == seen.end()) seen.push_back(label);
      return place;
    };
    json::array cpu, memory;
    for (std::size_t n = 0; n < runs_.size(); ++n)
      for (const auto& p : runs_[n].processes) {
        const auto& s = runs_[n].series;
        const auto label = label_of(p, runs_[n]);
        const auto colour = colour_of(label);
        cpu.push_back(line_of(named(n, label), colour, n, numbers(s.t_s), with_gaps(cores_used(p, s))));
        memory.push_back(line_of(named(n, label), colour, n, numbers(s.t_s), with_gaps(memory_held(p, s))));
      }
    add("Processes", "CPU", "time", "cores", std::move(cpu));
    add("Processes", "resident memory", "time", "bytes", std::move(memory));
  }

  std::string text() && { return json::serialize(json::object{{"charts", std::move(charts_)}}); }

private:
  /// With one run its letter would only be noise.
  std::string named(std::size_t n, const std::string& what = {}) const {
    if (runs_.size() == 1) return what;
    return letter_of(n) + (what.empty() ? "" : " " + what);
  }

  /// An interval in which nothing came has no latency, and its 0 is none.
  static json::array where_any(const std::vector<double>& us) {
    line values;
    for (const double v : us) values.push_back(v > 0 ? std::optional(v) : std::nullopt);
    return with_gaps(values);
  }

  void add(const char* group, const std::string& title, const char* x, const char* y, json::array lines) {
    const bool has_points =
        std::ranges::any_of(lines, [](const json::value& one) { return !one.at("x").as_array().empty(); });
    if (!has_points) return;
    for (auto& one : lines)
      if (auto& label = one.at("label").as_string(); label.empty()) label = title;
    charts_.push_back(
        json::object{{"group", group}, {"title", title}, {"x", x}, {"y", y}, {"lines", std::move(lines)}});
  }

  const std::vector<run_result>& runs_;
  json::array charts_;
};

}  // namespace

std::string plots_of(const std::vector<run_result>& runs) {
  chart_list charts(runs);
  charts.latencies();
  charts.rates();
  charts.tails();
  charts.processes();
  return std::move(charts).text();
}

}  // namespace parley::load::reporting
