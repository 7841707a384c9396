#pragma once

#include "loadtest/load/latency_histogram.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley::load {

/// What is timed. Each clock starts when the thing was due.
enum class timed : std::uint8_t {
  publish_to_ack,
  publish_to_delivery,
  join_to_live,
  resume_to_live,
  publish_to_refusal
};
inline constexpr std::size_t timed_count = 5;
std::string_view name_of(timed what);

/// The figures of one run. Counted is what happens while it measures; timed is what fell *due* then, also where its end
/// comes later, so that the slowest are not left out. Errors are counted over the whole run. One thread; knows no
/// clock.
class recorder {
public:
  struct totals {
    std::uint64_t publishes = 0, acks = 0, deliveries = 0, joins = 0, resumes = 0, catch_ups = 0, gaps = 0;
  };
  /// One entry for each interval, counted within it.
  struct series {
    std::vector<double> t_s, p50_us, p99_us;
    std::vector<std::uint64_t> acks, deliveries, joins, errors;
  };

  /// @param shown the latency of the series
  explicit recorder(timed shown) : shown_(shown) {}

  void begin(std::int64_t now_ns);
  /// @returns false where `now_ns` is no later than the interval's begin
  bool close_interval(std::int64_t now_ns);
  void end(std::int64_t now_ns);

  void published() { count(&totals::publishes, 1); }
  void acked() { count(&totals::acks, 1); }
  void delivered(std::uint64_t events) {
    delivered_ever_ += events;
    count(&totals::deliveries, events);
  }
  void joined() { count(&totals::joins, 1); }
  void resumed() { count(&totals::resumes, 1); }
  void caught_up() { count(&totals::catch_ups, 1); }
  void passed_gap() { count(&totals::gaps, 1); }
  /// @param code an error's name, or a word of ours for what the node never said
  void failed(std::string_view code, std::uint64_t times = 1);
  void took(timed what, std::int64_t due_ns, std::int64_t end_ns);

  bool is_measuring() const { return is_measuring_; }
  std::int64_t begin_ns() const { return begin_ns_; }
  double measured_s() const;
  const totals& total() const { return total_; }
  const totals& last_interval() const { return last_; }
  const series& history() const { return series_; }
  const std::map<std::string, std::uint64_t>& errors() const { return errors_; }
  std::uint64_t error_count() const { return error_count_; }
  const latency_histogram& latency(timed what) const { return latencies_[static_cast<std::size_t>(what)]; }
  timed shown() const { return shown_; }
  /// Since the run's begin, whether it measures or not.
  std::uint64_t delivered_ever() const { return delivered_ever_; }

private:
  void count(std::uint64_t totals::*what, std::uint64_t times) {
    if (!is_measuring_) return;
    total_.*what += times;
    interval_.*what += times;
  }

  const timed shown_;
  bool is_measuring_ = false;
  std::int64_t begin_ns_ = INT64_MAX, end_ns_ = INT64_MAX;
  totals total_, interval_, last_;
  series series_;
  std::map<std::string, std::uint64_t> errors_;
  std::uint64_t error_count_ = 0, interval_errors_ = 0, delivered_ever_ = 0;
  std::array<latency_histogram, timed_count> latencies_;
  latency_histogram interval_latency_;
};

}  // namespace parley::load
