#include "net/codec/json_tree.hpp"

#include <boost/json/parser.hpp>

#include <cmath>

namespace parley::net {
namespace {

namespace json = boost::json;

constexpr std::size_t envelope_depth_max = 16;

/// Boost.JSON reads 1e400 as infinity. Plain recursion: the parser has bounded the depth.
bool is_finite(const json::value& value) {
  if (const auto* number = value.if_double()) return std::isfinite(*number);
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object)
      if (!is_finite(member.value())) return false;
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array)
      if (!is_finite(element)) return false;
  }
  return true;
}

}  // namespace

const json::value* json_tree::parse(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return nullptr;
  const bool is_array = text[first] == '[';
  if (!is_array && text[first] != '{') return nullptr;

  json::parse_options options;
  options.max_depth = envelope_depth_max + (is_array ? 1 : 0);
  unsigned char scratch[1024];
  json::parser parser(json::storage_ptr(), options, scratch, sizeof scratch);
  parser.reset(&memory_);
  json::error_code failed;
  parser.write(text.data(), text.size(), failed);
  if (failed) return nullptr;
  root_.emplace(parser.release());
  return is_finite(*root_) ? &*root_ : nullptr;
}

}  // namespace parley::net
