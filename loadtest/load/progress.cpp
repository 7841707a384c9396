#include "loadtest/load/progress.hpp"

#include "loadtest/load/clock.hpp"
#include "loadtest/load/figures.hpp"

#include <unistd.h>

#include <cstdio>

namespace parley::load {
namespace {

constexpr std::int64_t pause_ns = 500'000'000;

}  // namespace

progress::progress(bool is_quiet) : is_quiet_(is_quiet), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

progress::~progress() {
  if (is_line_open_) std::fputc('\n', stderr);
}

void progress::say(const std::string& line) {
  if (is_quiet_) return;
  // The rest of a longer line before it is wiped out.
  std::fprintf(stderr, is_terminal_ ? "\r%s\x1b[K" : "%s\n", line.c_str());
  is_line_open_ = is_terminal_;
}

void progress::preparing(const std::string& what, std::size_t done, std::size_t all) {
  const auto now = now_ns();
  if (now - said_ns_ < pause_ns) return;
  said_ns_ = now;
  say(what + ": " + grouped(static_cast<double>(done)) + " of " + grouped(static_cast<double>(all)));
}

void progress::interval(const stage& shared, double interval_s, double left_s) {
  const auto& history = shared.measured.history();
  if (history.t_s.empty()) return;
  const auto before = history.t_s.size() > 1 ? history.t_s[history.t_s.size() - 2] : 0;
  const auto took = std::max(history.t_s.back() - before, interval_s / 1000);
  const auto& last = shared.measured.last_interval();
  const auto rate = [&](std::uint64_t count) { return grouped(static_cast<double>(count) / took) + "/s"; };
  say(grouped(history.t_s.back()) + " s: acks " + rate(last.acks) + ", deliveries " + rate(last.deliveries) +
      ", joins " + rate(last.joins + last.resumes) + ", p50 " + time_text(history.p50_us.back()) + ", p99 " +
      time_text(history.p99_us.back()) + ", errors " + grouped(static_cast<double>(shared.measured.error_count())) +
      ", violations " + grouped(static_cast<double>(shared.found.count())) + ", " + grouped(std::max(0.0, left_s)) +
      " s left");
}

}  // namespace parley::load
