#include "loadtest/load/figures.hpp"
#include "loadtest/load/run_result.hpp"

#include <cmath>
#include <cstdio>

namespace parley::load {
namespace {

std::string formatted(const char* form, double number, const char* unit) {
  char text[64];
  std::snprintf(text, sizeof text, form, number, unit);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string latencies(const recorder& measured) {
  std::string text =
      "\n  latency                    count       p50       p90       p99     p99.9    p99.99       max\n";
  for (std::size_t n = 0; n < timed_count; ++n) {
    const auto what = static_cast<timed>(n);
    const auto& h = measured.latency(what);
    if (h.count() == 0) continue;
    std::string name(name_of(what));
    for (auto& c : name)
      if (c == '_') c = ' ';
    name.resize(20, ' ');
    text += "  " + name + padded(grouped(static_cast<double>(h.count())), 12);
    for (const double share : {0.5, 0.9, 0.99, 0.999, 0.9999})
      text += padded(time_text(microseconds_of(h.at(share))), 10);
    text += padded(time_text(microseconds_of(h.max())), 10) + '\n';
  }
  return text;
}

std::string rate_line(const char* what, std::uint64_t count, double seconds) {
  if (count == 0) return "";
  std::string name(what);
  name.resize(12, ' ');
  return "  " + name + padded(grouped(static_cast<double>(count)), 14) +
         padded(grouped(static_cast<double>(count) / seconds), 12) + " /s\n";
}

std::string violations_text(const violations& found) {
  if (found.count() == 0) return "  violations: none\n";
  std::string text = "  VIOLATIONS: " + std::to_string(found.count()) + ", this run has no result. The first ones:\n";
  constexpr std::size_t shown_max = 10;
  for (std::size_t n = 0; n < std::min(shown_max, found.first().size()); ++n) {
    const auto& one = found.first()[n];
    text += "    " + one.rule + ": " + one.client + " in " + (one.room.empty() ? "no room" : one.room) + " saw " +
            one.saw + '\n';
  }
  return text;
}

}  // namespace

std::string grouped(double number) {
  auto text = formatted("%.0f%s", number, "");
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string time_text(double us) {
  if (us < 1000) return formatted("%.0f %s", us, "us");
  if (us < 1e6) return formatted("%.3g %s", us / 1e3, "ms");
  return formatted("%.3g %s", us / 1e6, "s");
}

std::string bytes_text(double bytes) {
  if (bytes < 1e6) return formatted("%.0f %s", bytes / 1e3, "kB");
  if (bytes < 1e9) return formatted("%.1f %s", bytes / 1e6, "MB");
  return formatted("%.2f %s", bytes / 1e9, "GB");
}

std::string summary(const run_result& r) {
  const auto& t = r.measured.total();
  const auto seconds = std::max(r.measured.measured_s(), 1e-9);
  std::string text = "parley-load " + r.scenario + (r.is_partial ? ", PARTIAL" : "") + ": " +
                     formatted("%.1f %s", seconds, "s") + " measured, " + grouped(static_cast<double>(r.connections)) +
                     " connections\n";
  text += rate_line("publishes", t.publishes, seconds) + rate_line("acks", t.acks, seconds) +
          rate_line("deliveries", t.deliveries, seconds) + rate_line("joins", t.joins, seconds) +
          rate_line("resumes", t.resumes, seconds) + rate_line("catch-ups", t.catch_ups, seconds);
  text += latencies(r.measured) + '\n';
  if (r.overload)
    text += "  overload: the peak was " + grouped(r.overload->peak_per_s) + "/s, offered were " +
            grouped(r.overload->offered_per_s) + "/s, acknowledged " + grouped(r.overload->goodput_per_s) + "/s, " +
            formatted("%.2f%s", r.overload->goodput_per_s / std::max(r.overload->peak_per_s, 1e-9), " of the peak") +
            '\n';
  for (const auto& one : r.processes)
    if (!one.cpu_s.empty())
      text += "  " + one.name + " (" + std::to_string(one.pid) +
              "): " + formatted("%.2f%s", one.cpu_s.back() / seconds, " cores") + ", " +
              bytes_text(static_cast<double>(one.rss_bytes.back())) + " resident at the end\n";
  for (const auto& one : r.drift)
    text += "  drift of " + one.what + ": " + formatted("%+.1f%s", one.percent, " %") +
            " from the first quarter to the last\n";
  text += "  the load itself: " + formatted("%.2f%s", r.generator_cpu_s / seconds, " cores");
  if (r.ceiling.per_s > 0) text += "; ceiling " + grouped(r.ceiling.per_s) + " " + r.ceiling.what;
  text += '\n';
  if (r.is_above_half)
    text +=
        "  WARNING: the load ran above half of what it can do: part of these latencies is its own. Use more "
        "generators.\n";
  for (const auto& [code, times] : r.measured.errors())
    text += "  error " + code + ": " + grouped(static_cast<double>(times)) + '\n';
  return text + violations_text(r.found);
}

}  // namespace parley::load
