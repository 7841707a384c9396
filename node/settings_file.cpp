#include "node/settings_file.hpp"

#include "node/spelling.hpp"

#include <toml++/toml.h>

#include <algorithm>

namespace parley {
namespace {

const setting* find_setting(const std::string& key) {
  const auto found = std::ranges::find(settings(), key, &setting::key);
  return found == settings().end() ? nullptr : &*found;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys;
  for (const auto& s : settings()) keys.push_back(s.key);
  return keys;
}

bool is_table_of_ours(const std::string& key) {
  return std::ranges::any_of(settings(), [&](const setting& s) { return !key.empty() && s.table() == key; });
}

std::optional<raw_value> list_of(const toml::array& items) {
  std::vector<std::string> list;
  for (const auto& item : items) {
    const auto* text = item.as_string();
    if (text == nullptr) return std::nullopt;
    list.push_back(text->get());
  }
  return list;
}

/// None where the file's type is not the setting's: `shards = "256"` is a mistake, not a number.
std::optional<raw_value> typed(const toml::node& node, setting_kind kind) {
  switch (kind) {
    case setting_kind::flag:
      if (const auto* v = node.as_boolean()) return v->get();
      break;
    case setting_kind::number:
      if (const auto* v = node.as_integer()) return v->get();
      break;
    case setting_kind::text:
      if (const auto* v = node.as_string()) return v->get();
      break;
    case setting_kind::list:
      if (const auto* v = node.as_array()) return list_of(*v);
      break;
  }
  return std::nullopt;
}

class file_walk {
public:
  file_walk(const std::string& path, std::vector<mistake>& mistakes) : path_(path), mistakes_(mistakes) {}

  void walk(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) take(prefix + std::string{name.str()}, node);
  }

  std::vector<given_value> found;

private:
  void take(const std::string& key, const toml::node& node) {
    const auto where = path_ + ":" + std::to_string(node.source().begin.line);
    if (const auto* table = node.as_table(); table != nullptr && is_table_of_ours(key)) return walk(*table, key + ".");
    const auto* known = find_setting(key);
    if (known == nullptr) {
      mistakes_.push_back({where, "unknown key \"" + key + "\"" + did_you_mean(key, known_keys())});
    } else if (auto value = typed(node, known->kind)) {
      found.push_back({known, std::move(*value), where});
    } else {
      mistakes_.push_back({where, key + " takes " + std::string{what_it_takes(known->kind)}});
    }
  }

  const std::string& path_;
  std::vector<mistake>& mistakes_;
};

}  // namespace

std::vector<given_value> read_settings_file(const std::string& path, const std::string& text,
                                            std::vector<mistake>& mistakes) {
  try {
    file_walk walk{path, mistakes};
    walk.walk(toml::parse(text, path), "");
    return std::move(walk.found);
  } catch (const toml::parse_error& failure) {
    const auto line = std::to_string(failure.source().begin.line);
    mistakes.push_back({path + ":" + line, "is not TOML: " + std::string{failure.description()}});
    return {};
  }
}

}  // namespace parley
