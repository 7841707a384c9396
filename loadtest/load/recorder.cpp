#include "loadtest/load/recorder.hpp"

#include "loadtest/load/clock.hpp"

namespace parley::load {
namespace {

/// More codes than the protocol has mean that something makes them up: they share one entry then.
constexpr std::size_t codes_max = 64;

}  // namespace

std::string_view name_of(timed what) {
  switch (what) {
    case timed::publish_to_ack: return "publish_to_ack";
    case timed::publish_to_delivery: return "publish_to_delivery";
    case timed::join_to_live: return "join_to_live";
    case timed::resume_to_live: return "resume_to_live";
    case timed::publish_to_refusal: return "publish_to_refusal";
  }
  return "";
}

void recorder::begin(std::int64_t now_ns) {
  is_measuring_ = true;
  begin_ns_ = now_ns;
  interval_errors_ = 0;
}

bool recorder::close_interval(std::int64_t now_ns) {
  const auto t = seconds_of(now_ns - begin_ns_);
  if (!is_measuring_ || t <= (series_.t_s.empty() ? 0 : series_.t_s.back())) return false;
  series_.t_s.push_back(t);
  series_.acks.push_back(interval_.acks);
  series_.deliveries.push_back(interval_.deliveries);
  series_.joins.push_back(interval_.joins + interval_.resumes);
  series_.errors.push_back(interval_errors_);
  series_.p50_us.push_back(microseconds_of(interval_latency_.at(0.5)));
  series_.p99_us.push_back(microseconds_of(interval_latency_.at(0.99)));
  last_ = interval_;
  interval_ = {};
  interval_errors_ = 0;
  interval_latency_.clear();
  return true;
}

void recorder::end(std::int64_t now_ns) {
  if (!is_measuring_) return;
  is_measuring_ = false;
  end_ns_ = now_ns;
}

double recorder::measured_s() const {
  return begin_ns_ == INT64_MAX ? 0 : seconds_of((end_ns_ == INT64_MAX ? now_ns() : end_ns_) - begin_ns_);
}

void recorder::failed(std::string_view code, std::uint64_t times) {
  error_count_ += times;
  interval_errors_ += times;
  const std::string name(errors_.size() < codes_max || errors_.contains(std::string(code)) ? code : "other");
  errors_[name] += times;
}

void recorder::took(timed what, std::int64_t due_ns, std::int64_t end_ns) {
  if (due_ns < begin_ns_ || due_ns >= end_ns_) return;
  const std::chrono::nanoseconds t(end_ns - due_ns);
  latencies_[static_cast<std::size_t>(what)].add(t);
  if (what == shown_) interval_latency_.add(t);
}

}  // namespace parley::load
