#include "loadtest/load/scenario_file.hpp"

#include "loadtest/load/presets.hpp"
#include "node/spelling.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace parley::load {
namespace {

std::vector<std::string> names_of_scenarios() {
  std::vector<std::string> names;
  for (const auto& one : presets()) names.emplace_back(one.name);
  return names;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys{"scenario"};
  for (const auto& one : parameter_table()) keys.emplace_back(one.key);
  return keys;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& one : words) text += (text.empty() ? "" : ", ") + one;
  return text;
}

/// None for what no parameter can be: a table, a date.
std::optional<parameter_value> value_of(const toml::node& node) {
  if (const auto* v = node.as_boolean()) return v->get();
  if (const auto* v = node.as_integer()) return v->get();
  if (const auto* v = node.as_floating_point()) return v->get();
  if (const auto* v = node.as_string()) return v->get();
  const auto* items = node.as_array();
  if (items == nullptr) return std::nullopt;
  std::vector<std::string> list;
  for (const auto& item : *items) {
    const auto* text = item.as_string();
    if (text == nullptr) return std::nullopt;
    list.push_back(text->get());
  }
  return list;
}

class reading {
public:
  reading(const std::string& path, std::vector<mistake>& mistakes) : path_(path), mistakes_(mistakes) {}

  scenario read(const toml::table& table) {
    take_name(table);
    std::vector<std::pair<std::string, const toml::node*>> in_order;
    for (const auto& [key, node] : table)
      if (key.str() != "scenario") in_order.emplace_back(key.str(), &node);
    std::ranges::stable_sort(in_order, {}, [](const auto& one) { return one.second->source().begin.line; });
    for (const auto& [key, node] : in_order) take(key, *node);
    return std::move(read_);
  }

private:
  std::string where(const toml::node& node) const { return path_ + ':' + std::to_string(node.source().begin.line); }

  void take_name(const toml::table& table) {
    const auto* node = table.get("scenario");
    const auto known = names_of_scenarios();
    if (node == nullptr) {
      mistakes_.push_back({path_, "needs scenario = \"NAME\", one of " + listed(known)});
      return;
    }
    const auto* name = node->as_string();
    const auto* found = name == nullptr ? nullptr : find_preset(name->get());
    if (found == nullptr) {
      const auto said = name == nullptr ? std::string() : name->get();
      mistakes_.push_back({where(*node), "scenario is one of " + listed(known) + did_you_mean(said, known)});
      return;
    }
    read_.name = found->name;
    found->apply(read_.values);
  }

  void take(const std::string& key, const toml::node& node) {
    const auto* known = find_parameter(key);
    if (known == nullptr) {
      mistakes_.push_back({where(node), "unknown key \"" + key + "\"" + did_you_mean(key, known_keys())});
      return;
    }
    const auto value = value_of(node);
    const auto wrong = value ? known->assign(read_.values, *value) : key + " takes " + known->what_it_takes();
    if (wrong) mistakes_.push_back({where(node), *wrong});
  }

  const std::string& path_;
  std::vector<mistake>& mistakes_;
  scenario read_;
};

}  // namespace

scenario read_scenario(const std::string& path, const std::string& text, std::vector<mistake>& mistakes) {
  try {
    return reading(path, mistakes).read(toml::parse(text, path));
  } catch (const toml::parse_error& failure) {
    mistakes.push_back({path + ':' + std::to_string(failure.source().begin.line),
                        "is not TOML: " + std::string(failure.description())});
    return {};
  }
}

}  // namespace parley::load
