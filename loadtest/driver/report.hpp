#pragma once

#include "loadtest/driver/latency_histogram.hpp"
#include "loadtest/driver/stream_check.hpp"

#include <string>
#include <string_view>

namespace parley::load {

/// `begin`, for whoever reads the processes' clocks at that moment.
void tell_begin();

/// One flat JSON object, written as it is filled.
class report {
public:
  void add(std::string_view name, double number);
  void add(std::string_view name, std::string_view text);
  /// NAME_p50_us, _p90_us, _p99_us, _p999_us and _max_us
  void add(std::string_view name, const latency_histogram& latencies);
  /// Throws `failure` where there was a violation.
  void add(const stream_check& checked);
  void tell() const;

private:
  std::string members_;
};

}  // namespace parley::load
