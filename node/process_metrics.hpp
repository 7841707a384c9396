#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace parley {

/// What is read when Prometheus asks: the process as the kernel sees it, and values that others hold.
class process_metrics final : public prometheus::Collectable {
public:
  explicit process_metrics(std::string version) : version_(std::move(version)) {}

  void watch(std::string name, std::string help, std::function<double()> what);
  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  struct watched {
    std::string name;
    std::string help;
    std::function<double()> what;
  };

  std::string version_;
  mutable std::mutex mutex_;  // front threads read while the start still adds
  std::vector<watched> watched_;
};

}  // namespace parley
