#include "net/validation.hpp"

#include <algorithm>
#include <array>

namespace parley::net {
namespace {

constexpr auto id_alphabet = [] {
  std::array<bool, 256> is_in{};
  for (int c = 'A'; c <= 'Z'; ++c) is_in[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) is_in[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) is_in[static_cast<std::size_t>(c)] = true;
  for (const char c : {'.', '_', '~', ':', '@', '+', '-'}) is_in[static_cast<std::size_t>(c)] = true;
  return is_in;
}();

constexpr bool is_between(unsigned char c, unsigned char low, unsigned char high) { return low <= c && c <= high; }

/// The length of the UTF-8 sequence that `text` begins with; 0 if it is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t n) { return static_cast<unsigned char>(n < text.size() ? text[n] : '\0'); };
  const unsigned char first = at(0);
  const auto tail = [&](std::size_t n) { return is_between(at(n), 0x80, 0xBF); };
  if (first < 0x80) return 1;
  if (is_between(first, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
  if (is_between(first, 0xE0, 0xEF)) {
    const auto low = static_cast<unsigned char>(first == 0xE0 ? 0xA0 : 0x80);
    const auto high = static_cast<unsigned char>(first == 0xED ? 0x9F : 0xBF);
    return is_between(at(1), low, high) && tail(2) ? 3 : 0;
  }
  if (is_between(first, 0xF0, 0xF4)) {
    const auto low = static_cast<unsigned char>(first == 0xF0 ? 0x90 : 0x80);
    const auto high = static_cast<unsigned char>(first == 0xF4 ? 0x8F : 0xBF);
    return is_between(at(1), low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > id_characters_max || text == "." || text == "..") return false;
  return std::ranges::all_of(text, [](char c) { return id_alphabet[static_cast<unsigned char>(c)]; });
}

bool is_client_msg_id(std::string_view text) {
  if (text.empty() || text.size() > id_characters_max) return false;
  return std::ranges::all_of(text, [](char c) { return is_between(static_cast<unsigned char>(c), 0x21, 0x7E); });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_text(std::string_view text) { return text.find('\0') == std::string_view::npos && is_utf8(text); }

std::optional<refusal> refuse_content(const content& body, std::uint64_t content_bytes_max) {
  if (!is_text(body.text)) return bad_request("`text` must be UTF-8 without NUL");
  std::uint64_t bytes = body.text.size() + body.metadata.size();
  for (const part& one : body.parts) {
    if (one.type.empty()) return bad_request("a part needs a `type`");
    if (one.body.empty()) return bad_request("a part needs exactly one of `content` and `url`");
    if (!is_text(one.type) || !is_text(one.body))
      return bad_request("the strings of `parts` must be UTF-8 without NUL");
    bytes += one.type.size() + one.body.size();
  }
  if (body.text.empty() && body.parts.empty()) return bad_request("`text` or `parts` must be there");
  if (content_bytes_max != 0 && bytes > content_bytes_max)
    return refusal{refusal_code::message_too_large, "the content is larger than `content_bytes`", std::nullopt};
  return std::nullopt;
}

}  // namespace parley::net
