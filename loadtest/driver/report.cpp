#include "loadtest/driver/report.hpp"

#include "loadtest/driver/crowd.hpp"

#include <cstdio>

namespace parley::load {

void tell_begin() {
  std::puts("begin");
  std::fflush(stdout);
}

void report::add(std::string_view name, double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.10g", number);
  members_ += (members_.empty() ? "\"" : ",\"") + std::string(name) + "\":" + text;
}

void report::add(std::string_view name, std::string_view text) {
  members_ += (members_.empty() ? "\"" : ",\"") + std::string(name) + "\":\"" + std::string(text) + '"';
}

void report::add(std::string_view name, const latency_histogram& latencies) {
  const auto us = [](std::chrono::nanoseconds t) { return static_cast<double>(t.count()) / 1000; };
  const std::string prefix(name);
  add(prefix + "_p50_us", us(latencies.at(0.5)));
  add(prefix + "_p90_us", us(latencies.at(0.9)));
  add(prefix + "_p99_us", us(latencies.at(0.99)));
  add(prefix + "_p999_us", us(latencies.at(0.999)));
  add(prefix + "_max_us", us(latencies.max()));
}

void report::add(const stream_check& checked) {
  if (checked.violations() > 0)
    throw failure{std::to_string(checked.violations()) + " violations, the first: " + checked.first_violation()};
  add("events_checked", static_cast<double>(checked.events()));
}

void report::tell() const {
  std::printf("{%s}\n", members_.c_str());
  std::fflush(stdout);
}

}  // namespace parley::load
