#include "net/codec/json_fields.hpp"

#include <algorithm>
#include <cmath>

namespace parley::net {

namespace json = boost::json;

bool read_whole_number(const json::value& from, std::uint64_t max, std::uint64_t& out) {
  if (const auto* n = from.if_int64()) {
    out = static_cast<std::uint64_t>(*n);
    return *n >= 0 && out <= max;
  }
  if (const auto* n = from.if_uint64()) {
    out = *n;
    return out <= max;
  }
  const auto* n = from.if_double();
  // Past 2^53 a double names no whole number, and no field holds more.
  if (n == nullptr || !(*n >= 0 && *n < 9007199254740992.0) || *n != std::trunc(*n)) return false;
  out = static_cast<std::uint64_t>(*n);
  return out <= max;
}

const json::value* json_fields::find(std::string_view name) const {
  const auto* value = from_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void json_fields::complain(std::string_view name, std::string_view what) const {
  if (!wrong_.empty()) return;
  wrong_.append("`").append(name).append("` is no ").append(what);
}

std::string json_fields::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  const auto* text = value->if_string();
  if (text == nullptr) return complain(name, "string"), std::string{};
  return std::string(text->data(), text->size());
}

std::uint64_t json_fields::number(std::string_view name, std::uint64_t max) const {
  const auto* value = find(name);
  std::uint64_t out = 0;
  if (value != nullptr && !read_whole_number(*value, max, out)) return complain(name, "whole number in its range"), 0;
  return out;
}

std::size_t json_fields::choice(std::string_view name, std::initializer_list<std::string_view> names) const {
  const auto* value = find(name);
  if (value == nullptr) return 0;
  const auto* text = value->if_string();
  if (text == nullptr) return complain(name, "known value"), 0;
  if (text->empty()) return 0;
  const auto* found = std::ranges::find(names, std::string_view(text->data(), text->size()));
  if (found == names.end()) return complain(name, "known value"), 0;
  return static_cast<std::size_t>(found - names.begin()) + 1;
}

const json::object* json_fields::object(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) return complain(name, "object"), nullptr;
  return &value->get_object();
}

const json::array* json_fields::array(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) return complain(name, "array"), nullptr;
  return &value->get_array();
}

}  // namespace parley::net
