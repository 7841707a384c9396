#include "net/codec/position_text.hpp"

#include "net/codec/json_writer.hpp"
#include "net/validation.hpp"

#include <algorithm>
#include <charconv>

namespace parley::net {

void append_position(std::string& out, position at) {
  append_json_number(out, at.term.value);
  out += ':';
  append_json_number(out, at.seq.value);
}

std::optional<std::uint64_t> parse_whole_number(std::string_view text, std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

std::optional<position> parse_position(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto in_term = parse_whole_number(text.substr(0, colon), json_integer_max);
  const auto in_seq = parse_whole_number(text.substr(colon + 1), json_integer_max);
  if (!in_term || !in_seq) return std::nullopt;
  return *in_seq == 0 ? position{} : position{term{*in_term}, seq{*in_seq}};
}

}  // namespace parley::net
