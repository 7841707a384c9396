#include "loadtest/load/irc_line.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace parley::load {
namespace {

constexpr std::size_t user_chars_max = 128, text_bytes_max = 60000;

/// What Windows-1252 has at 0x80 to 0x9f; 0: nothing, so that Latin-1 decides.
constexpr std::array<std::uint16_t, 32> cp1252 = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                                  0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                                  0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                                  0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

/// By the table of RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0; };
    const auto first = byte(i);
    const int more = first < 0x80                    ? 0
                     : first >= 0xc2 && first < 0xe0 ? 1
                     : first >= 0xe0 && first < 0xf0 ? 2
                     : first >= 0xf0 && first < 0xf5 ? 3
                                                     : -1;
    if (more < 0) return false;
    const auto second = byte(i + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
      return false;
    for (int n = 1; n <= more; ++n)
      if ((byte(i + static_cast<std::size_t>(n)) & 0xc0) != 0x80) return false;
    i += static_cast<std::size_t>(more) + 1;
  }
  return true;
}

}  // namespace

std::string utf8_of(std::string_view raw) {
  std::string text;
  if (is_utf8(raw)) {
    text = raw;
  } else {
    const bool is_cp1252 = std::ranges::none_of(raw, [](char c) {
      const auto byte = static_cast<std::uint8_t>(c);
      return byte >= 0x80 && byte < 0xa0 && cp1252[byte - 0x80u] == 0;
    });
    for (const char c : raw) {
      const auto byte = static_cast<std::uint8_t>(c);
      append_utf8(text, is_cp1252 && byte >= 0x80 && byte < 0xa0 ? cp1252[byte - 0x80u] : byte);
    }
  }
  for (auto at = text.find('\0'); at != std::string::npos; at = text.find('\0', at))
    text.replace(at, 1, "\xef\xbf\xbd");
  return text;
}

std::string user_of(std::string_view nick) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@+-";
  const bool is_dots = nick.find_first_not_of('.') == std::string_view::npos;
  std::string user;
  for (const char c : nick) {
    if (!is_dots && plain.find(c) != std::string_view::npos) {
      user += c;
      continue;
    }
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "~%02X", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
    user += escaped;
  }
  if (user.empty()) return "~";
  if (user.size() <= user_chars_max) return user;
  char number[24];
  std::snprintf(number, sizeof number, "~%zx", std::hash<std::string_view>{}(nick));
  return user.substr(0, user_chars_max - std::string_view(number).size()) + number;
}

std::optional<irc_line> parse_irc_line(std::string_view raw) {
  if (raw.ends_with('\r')) raw.remove_suffix(1);
  const auto digit = [&](std::size_t at) { return raw[at] >= '0' && raw[at] <= '9' ? raw[at] - '0' : -1; };
  if (raw.size() < 10 || raw[0] != '[' || raw[3] != ':' || raw.substr(6, 3) != "] <") return std::nullopt;
  for (const auto at : {1u, 2u, 4u, 5u})
    if (digit(at) < 0) return std::nullopt;
  const auto end = raw.find('>', 9);
  if (end == std::string_view::npos) return std::nullopt;
  irc_line line;
  line.minute = (digit(1) * 10 + digit(2)) * 60 + digit(4) * 10 + digit(5);
  line.nick = utf8_of(raw.substr(9, end - 9));
  auto text = raw.substr(end + 1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  line.text = utf8_of(text);
  if (line.text.empty() || line.text.size() > text_bytes_max) return std::nullopt;
  const auto from = line.nick.find_first_not_of(' ');
  line.nick = from == std::string::npos ? "" : line.nick.substr(from, line.nick.find_last_not_of(' ') - from + 1);
  return line;
}

}  // namespace parley::load
