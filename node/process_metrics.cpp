#include "node/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace parley {
namespace {

double resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code failure;
  double count = 0;
  for (std::filesystem::directory_iterator it{"/proc/self/fd", failure}; !failure && it != end(it);
       it.increment(failure))
    ++count;
  return count;
}

double descriptors_max() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto in_seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
}

prometheus::MetricFamily one(std::string name, std::string help, prometheus::MetricType type, double value,
                             std::vector<prometheus::ClientMetric::Label> labels = {}) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {std::move(name), std::move(help), type, {metric}};
}

}  // namespace

void process_metrics::watch(std::string name, std::string help, std::function<double()> what) {
  const std::lock_guard guard{mutex_};
  watched_.push_back({std::move(name), std::move(help), std::move(what)});
}

std::vector<prometheus::MetricFamily> process_metrics::Collect() const {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> all{
      one("parley_build", "Always 1.", MetricType::Gauge, 1, {{"version", version_}}),
      one("parley_process_resident_memory_bytes", "Memory in use.", MetricType::Gauge, resident_bytes()),
      one("parley_process_open_fds", "Open descriptors.", MetricType::Gauge, open_descriptors()),
      one("parley_process_max_fds", "Descriptors that may be open.", MetricType::Gauge, descriptors_max()),
      one("parley_process_cpu_seconds_total", "CPU time used.", MetricType::Counter, cpu_seconds()),
  };
  const std::lock_guard guard{mutex_};
  for (const auto& w : watched_) {
    const bool is_total = w.name.ends_with("_total");
    all.push_back(one(w.name, w.help, is_total ? MetricType::Counter : MetricType::Gauge, w.what()));
  }
  return all;
}

}  // namespace parley
