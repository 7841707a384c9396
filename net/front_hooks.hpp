#pragma once

#include <functional>
#include <string>

namespace parley::net {

class development_faults;

/// What the front asks the rest of the node. Thread-safe, quick.
struct front_hooks {
  /// What is not ready yet, for `/readyz`; empty when the node serves.
  std::function<std::string()> not_ready = [] { return std::string(); };
  /// The text of `/metrics`, Prometheus' exposition format 0.0.4.
  std::function<std::string()> metrics = [] { return std::string(); };
  std::string version = "0.1.0";
  development_faults* faults = nullptr;  ///< null: there is nothing under `/dev/`
};

}  // namespace parley::net
