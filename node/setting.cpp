#include "node/setting.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace parley {

std::string setting::environment_name() const {
  std::string out = "PARLEY_";
  for (const char c : key) out += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

std::string setting::table() const {
  const auto dot = key.find('.');
  return dot == std::string::npos ? std::string{} : key.substr(0, dot);
}

std::string setting::name() const {
  const auto dot = key.find('.');
  return dot == std::string::npos ? key : key.substr(dot + 1);
}

namespace {

std::optional<raw_value> truth(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::optional<raw_value> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

raw_value items(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto cut = std::min(text.find_first_of("\n;"), text.size());
    if (cut > 0) out.emplace_back(text.substr(0, cut));
    text.remove_prefix(std::min(cut + 1, text.size()));
  }
  return out;
}

}  // namespace

std::optional<raw_value> from_text(setting_kind kind, std::string_view text) {
  switch (kind) {
    case setting_kind::flag: return truth(text);
    case setting_kind::number: return whole_number(text);
    case setting_kind::text: return std::string{text};
    case setting_kind::list: return items(text);
  }
  return std::nullopt;
}

std::string_view what_it_takes(setting_kind kind) {
  switch (kind) {
    case setting_kind::flag: return "true or false";
    case setting_kind::number: return "a whole number";
    case setting_kind::text: return "a string";
    case setting_kind::list: return "a list of strings";
  }
  return "another value";
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04X", byte);
      out += code.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_list(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const auto& item : list) out += (out.size() > 1 ? ", " : "") + toml_text(item);
  return out + "]";
}

}  // namespace parley
