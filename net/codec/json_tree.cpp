#include "net/codec/json_tree.hpp"

#include "net/codec/json_text.hpp"

namespace parley::net {

const boost::json::value* json_tree::parse(std::string_view text, std::size_t depth_max) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return nullptr;
  const bool is_array = text[first] == '[';
  if (!is_array && text[first] != '{') return nullptr;
  if (auto read = read_json(text, depth_max + (is_array ? 1 : 0), &memory_)) root_.emplace(std::move(*read));
  return root_ ? &*root_ : nullptr;
}

}  // namespace parley::net
