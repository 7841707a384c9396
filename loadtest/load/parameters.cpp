#include "loadtest/load/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <type_traits>

namespace parley::load {
namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string plain(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", number);
  return text;
}

}  // namespace

std::string parameter::flag() const {
  std::string name = "--" + std::string(key);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string parameter::what_it_takes() const {
  const auto bounds = " from " + plain(min) + " to " + plain(max);
  switch (where.index()) {
    case 0: return "true or false";
    case 1: return "a whole number" + bounds;
    case 2: return "a number" + bounds;
    case 3: {
      if (choices.empty()) return "a text";
      std::string words;
      for (const auto& one : choices) words += (words.empty() ? "" : " or ") + ('"' + std::string(one) + '"');
      return words;
    }
    default: return "a list of texts";
  }
}

std::optional<std::string> parameter::assign(parameters& to, const parameter_value& value) const {
  const auto wrong = std::string(key) + " takes " + what_it_takes();
  return std::visit(
      [&](auto member) -> std::optional<std::string> {
        using type = std::remove_reference_t<decltype(to.*member)>;
        type given{};
        if (const auto* same = std::get_if<type>(&value)) {
          given = *same;
        } else if constexpr (std::is_same_v<type, double>) {
          const auto* whole = std::get_if<std::int64_t>(&value);
          if (whole == nullptr) return wrong;
          given = static_cast<double>(*whole);
        } else {
          return wrong;
        }
        if constexpr (std::is_same_v<type, double> || std::is_same_v<type, std::int64_t>) {
          const auto number = static_cast<double>(given);
          if (!(number >= min && number <= max)) return wrong;
        }
        if constexpr (std::is_same_v<type, std::string>)
          if (!choices.empty() && std::ranges::find(choices, given) == choices.end()) return wrong;
        to.*member = std::move(given);
        return std::nullopt;
      },
      where);
}

std::optional<std::string> parameter::assign_text(parameters& to, const std::vector<std::string>& items) const {
  const auto wrong = std::string(key) + " takes " + what_it_takes();
  const std::string text = items.empty() ? "" : items.front();
  switch (where.index()) {
    case 0:
      if (text != "true" && text != "false") return wrong;
      return assign(to, text == "true");
    case 1:
      if (const auto number = number_of<std::int64_t>(text)) return assign(to, *number);
      return wrong;
    case 2:
      if (const auto number = number_of<double>(text)) return assign(to, *number);
      return wrong;
    case 3: return assign(to, text);
    default: return assign(to, items);
  }
}

parameter_value parameter::value(const parameters& of) const {
  return std::visit([&](auto member) { return parameter_value(of.*member); }, where);
}

std::string report(const std::vector<mistake>& mistakes) {
  std::string text = "parley-load: the scenario is wrong, nothing was sent:\n";
  for (const auto& one : mistakes) text += "  " + one.where + ": " + one.what + '\n';
  return text;
}

std::vector<mistake> contradictions(const parameters& p) {
  std::vector<mistake> found;
  const auto add = [&found](const char* key, std::string what) { found.push_back({key, std::move(what)}); };
  const bool writes = p.writers > 0 || !p.replay.empty();
  if (p.readers == 0 && !writes && p.joiners == 0)
    add("readers", "there are no readers, writers or joiners: a load needs one of them");
  if (p.targets.empty()) add("targets", "at least one is needed");
  if (!p.reader_targets.empty() && p.readers == 0) add("reader_targets", "needs readers");
  if (p.duration_s == 0 && p.replay.empty())
    add("duration_s", "must be more than 0; only a replay has an end of its own");
  if (p.replay.empty() && p.rooms_each > p.rooms)
    add("rooms_each", "is more than there are rooms (" + std::to_string(p.rooms) + ")");
  if (p.stalled > p.readers) add("stalled", "is more than there are readers (" + std::to_string(p.readers) + ")");
  if (p.stalled == 0 && p.stall_s > 0) add("stall_s", "says when stalled readers read on, and `stalled` is 0");
  if (p.publish_rate > 0 && p.writers == 0) add("publish_rate", "needs writers");
  if (p.drop_every_s > 0 && p.readers == 0) add("drop_every_s", "needs readers");
  if (!p.replay.empty() && (p.writers > 0 || p.publish_rate > 0 || p.overload > 0))
    add("replay", "brings its own writers and schedule: leave out writers, publish_rate and overload");
  if (!p.replay.empty() && p.history > 0) add("history", "a replay's rooms begin empty");
  if (p.overload > 0 && (p.writers == 0 || p.publish_rate > 0))
    add("overload", "needs writers, and finds its rate itself: leave out publish_rate");
  const auto under_way_max = p.publish_rate > 0 ? p.unanswered_max : std::min(p.window, p.unanswered_max);
  if (p.burst > 1 && !p.replay.empty()) add("burst", "a replay's lines have their own moments");
  if (p.burst > under_way_max && p.replay.empty())
    add("burst", "is more than may be under way (" + std::to_string(under_way_max) + ")");
  if (p.join_kind == "storm" && p.join_rate > 0) add("join_rate", "a storm has its own moments (storm_every_s)");
  if (p.join_kind == "cold" && p.joiners > 0 && p.rooms < 2 * p.joiners)
    add("rooms", "cold joins need at least two rooms for each joiner, so that nobody holds the next one");
  if (p.window_of == "deliveries") {
    if (p.writers != 1 || p.readers == 0 || p.publish_rate > 0)
      add("window_of", "\"deliveries\" needs one writer in a closed loop, and readers");
    if (p.distribution != "uniform" || p.readers * p.rooms_each % p.rooms != 0)
      add("window_of",
          "\"deliveries\" needs as many readers in each room: uniform, and readers * rooms_each a multiple of rooms");
    if (p.stalled > 0 || p.drop_every_s > 0 || p.overload > 0)
      add("window_of", "\"deliveries\" waits for every reader: none may stall or drop, and there is no overload");
  }
  return found;
}

}  // namespace parley::load
