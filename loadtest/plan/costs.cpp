#include "loadtest/plan/costs.hpp"

#include "loadtest/plan/assets.hpp"
#include "loadtest/plan/cost_table.hpp"
#include "loadtest/plan/odd_input.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

namespace parley::load::planning {
namespace {

constexpr std::string_view format = "parley-costs/1";
constexpr std::size_t file_bytes_max = 1u << 20;
constexpr std::array<std::pair<provenance, std::string_view>, 5> kinds{{{provenance::measured, "measured"},
                                                                        {provenance::reference, "reference"},
                                                                        {provenance::published, "published"},
                                                                        {provenance::goal, "goal"},
                                                                        {provenance::assumed, "assumed"}}};

class cost_file {
public:
  cost_file(const toml::table& root, const std::string& name) : root_(root), name_(name) {}

  costs read() const {
    if (text(root_, "format", "") != format)
      refuse("format must be \"" + std::string(format) + "\": is this a file of costs?");
    costs all;
    all.about = text(root_, "about", "");
    for (const auto& entry : cost_entries()) {
      const auto& table = table_of(entry.name, entry.unit);
      all.*entry.member = source_of(table, entry.name);
      (all.*entry.member).value = number(table["value"], std::string(entry.name) + ".value");
    }
    read_points(all.event_us);
    refuse_strangers();
    return all;
  }

private:
  [[noreturn]] void refuse(const std::string& why) const { throw odd_input(name_ + ": " + why); }

  std::string text(const toml::table& table, const char* key, const std::string& where) const {
    const auto* node = table.get(key);
    if (node == nullptr) return {};
    if (const auto* text = node->as_string()) return text->get();
    refuse(where + key + " must be a text");
  }

  double number(toml::node_view<const toml::node> node, const std::string& where) const {
    const auto value = node.is_number() ? node.value<double>() : std::nullopt;
    if (!value || !std::isfinite(*value) || *value < 0) refuse(where + " must be a number from 0 on");
    return *value;
  }

  const toml::table& table_of(const std::string& name, const std::string& unit) const {
    const auto* node = root_.get(name);
    if (node == nullptr) refuse("the cost [" + name + "] is missing");
    if (!node->is_table()) refuse(name + " must be a table");
    const auto& table = *node->as_table();
    if (text(table, "unit", name + ".") != unit) refuse(name + ".unit must be \"" + unit + "\"");
    return table;
  }

  unit_cost source_of(const toml::table& table, const std::string& name) const {
    const auto where = name + ".";
    unit_cost cost;
    cost.what = text(table, "what", where), cost.machine = text(table, "machine", where);
    cost.on = text(table, "on", where);
    const auto kind = text(table, "kind", where);
    const auto found = std::ranges::find(kinds, kind, &std::pair<provenance, std::string_view>::second);
    if (found == kinds.end()) refuse(where + "kind must be measured, reference, published, goal or assumed");
    cost.kind = found->first;
    if (cost.what.empty()) refuse(where + "what must say what was measured, or why it is assumed");
    const bool is_measured = cost.kind == provenance::measured || cost.kind == provenance::reference;
    if (is_measured && (cost.machine.empty() || cost.on.empty()))
      refuse(where + "machine and on are needed where something was measured: on what, and when");
    return cost;
  }

  void read_points(batch_cost& cost) const {
    const auto& table = table_of(event_name, event_unit);
    cost.source = source_of(table, event_name);
    const auto* list = table["points"].as_array();
    if (list == nullptr || list->empty()) refuse("event.points must be a list of [events of a batch, us per event]");
    for (const auto& node : *list) {
      const auto* pair = node.as_array();
      if (pair == nullptr || pair->size() != 2) refuse("each of event.points is [events of a batch, us per event]");
      const toml::node_view<const toml::node> batch((*pair)[0]), us((*pair)[1]);
      cost.points.emplace_back(number(batch, "event.points"), number(us, "event.points"));
      const auto n = cost.points.size();
      if (cost.points.back().first < 1 || (n > 1 && cost.points[n - 1].first <= cost.points[n - 2].first))
        refuse("event.points must ascend, from batches of 1 event on");
    }
  }

  /// A misspelt cost would otherwise be missed in silence.
  void refuse_strangers() const {
    for (const auto& [key, node] : root_) {
      const std::string name{key.str()};
      const bool is_known = name == "format" || name == "about" || name == event_name ||
                            std::ranges::any_of(cost_entries(), [&](const cost_entry& e) { return name == e.name; });
      if (!is_known) refuse("no cost is called \"" + name + "\"");
    }
  }

  const toml::table& root_;
  const std::string& name_;
};

}  // namespace

std::string_view word_of(provenance kind) {
  return std::ranges::find(kinds, kind, &std::pair<provenance, std::string_view>::first)->second;
}

double batch_cost::us_per_event(double batch) const {
  if (batch <= points.front().first) return points.front().second;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto [b1, us1] = points[i - 1];
    const auto [b2, us2] = points[i];
    if (batch <= b2) return us2 + (us1 - us2) * (1 / batch - 1 / b2) / (1 / b1 - 1 / b2);
  }
  return points.back().second;
}

costs parse_costs(std::string_view text, const std::string& name) {
  try {
    const auto root = toml::parse(text, name);
    return cost_file(root, name).read();
  } catch (const toml::parse_error& broken) {
    throw odd_input(name + ", line " + std::to_string(broken.source().begin.line) + ": " +
                    std::string(broken.description()));
  }
}

costs read_costs(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.empty()) throw odd_input(path + ": cannot be read, or is empty");
  if (text.size() > file_bytes_max) throw odd_input(path + ": larger than 1 MiB, no file of costs is");
  return parse_costs(text, path);
}

costs shipped_costs() { return parse_costs(asset("costs.toml"), "the shipped costs"); }

}  // namespace parley::load::planning
