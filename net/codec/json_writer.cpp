#include "net/codec/json_writer.hpp"

#include <array>
#include <cmath>

namespace parley::net {
namespace {

/// 0: as it is; 'u': \u00XX; otherwise the letter after the backslash.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

constexpr double whole_numbers_end = 9007199254740992.0;  // 2^53

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t kept_from = 0;
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto c = static_cast<unsigned char>(text[n]);
    const char escape = escapes[c];
    if (escape == 0) [[likely]]
      continue;
    out.append(text, kept_from, n - kept_from);
    kept_from = n + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  out.append(text, kept_from);
  out += '"';
}

void append_json_double(std::string& out, double number) {
  if (number == std::trunc(number) && std::fabs(number) < whole_numbers_end)
    return append_json_number(out, static_cast<long long>(number));
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace parley::net
