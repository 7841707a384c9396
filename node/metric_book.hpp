#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <string>

namespace parley {

using metric_labels = std::map<std::string, std::string>;

/// Makes metrics of one registry; the same name with other labels is one family.
class metric_book {
public:
  explicit metric_book(prometheus::Registry& registry) : registry_(registry) {}

  prometheus::Counter& counter(const std::string& name, const std::string& help, const metric_labels& labels = {}) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
  }
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const metric_labels& labels = {}) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
  }
  /// Of durations, from a quarter of a millisecond to 8 s.
  prometheus::Histogram& seconds(const std::string& name, const std::string& help, const metric_labels& labels = {}) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(
        labels, prometheus::Histogram::BucketBoundaries{0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032,
                                                        0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8});
  }

private:
  prometheus::Registry& registry_;
};

inline double in_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace parley
