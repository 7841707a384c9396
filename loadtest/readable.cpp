#include "loadtest/readable.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace parley::load {

std::string readable(double value) {
  char text[64];
  if (value < 999.5) {
    const bool is_whole = value == std::floor(value);
    const int after_point = value < 10 ? 2 : value < 100 ? 1 : 0;
    if (value < 1)
      std::snprintf(text, sizeof text, "%.3g", value);
    else
      std::snprintf(text, sizeof text, "%.*f", is_whole ? 0 : after_point, value);
    return text;
  }
  std::snprintf(text, sizeof text, "%.0f", value);
  std::string apart = text;
  for (auto at = static_cast<std::ptrdiff_t>(apart.size()) - 3; at > 0; at -= 3)
    apart.insert(static_cast<std::size_t>(at), ",");
  return apart;
}

std::string with_unit(double value, std::string_view unit) {
  if (unit == "us" && value >= 1e6) return readable(value / 1e6) + " s";
  if (unit == "us" && value >= 1e3) return readable(value / 1e3) + " ms";
  if (unit == "us") return readable(value) + " \u00b5s";
  return unit.empty() ? readable(value) : readable(value) + " " + std::string(unit);
}

std::string as_bytes(double bytes) {
  constexpr std::array<std::pair<double, const char*>, 5> units{
      {{1e15, " PB"}, {1e12, " TB"}, {1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}}};
  for (const auto& [size, name] : units)
    if (bytes >= size) return readable(bytes / size) + name;
  return readable(bytes) + " B";
}

}  // namespace parley::load
