#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace parley::net {

/// JSON by appending: the hot path builds no tree. Each of these appends one value to `out`.

/// `text` must be UTF-8; only what JSON demands is escaped, so that bytes are kept.
void append_json_string(std::string& out, std::string_view text);
/// The shortest form that reads back as the same double; whole numbers below 2^53 without a fraction or exponent.
void append_json_double(std::string& out, double number);

template <std::integral Number>
void append_json_number(std::string& out, Number number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace parley::net
