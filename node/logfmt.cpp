#include "node/logfmt.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace parley {
namespace {

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F && c != '"' && c != '=' && c != '\\';
}

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (!is_plain(c)) return true;
  }
  return false;
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte < 0x20 || byte >= 0x7F) {
    // Not only control characters: what is no ASCII could be cut UTF-8, or turn a terminal's text around.
    std::array<char, 8> code{};
    std::snprintf(code.data(), code.size(), "\\x%02x", byte);
    out += code.data();
  } else {
    out += c;
  }
}

void append_value(std::string& out, std::string_view value) {
  const bool is_cut = value.size() > value_bytes_max;
  if (is_cut) value = value.substr(0, value_bytes_max);
  if (!is_cut && !needs_quotes(value)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) append_escaped(out, c);
  out += is_cut ? "...\"" : "\"";
}

std::string timestamp(unix_time at) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  const std::time_t time = whole.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 48> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>((at - whole).count()));
  return text.data();
}

}  // namespace

std::string_view to_string(log_level level) {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warn: return "warn";
    case log_level::error: return "error";
  }
  return "error";
}

log_level level_of(std::string_view word) {
  if (word == "debug") return log_level::debug;
  if (word == "warn") return log_level::warn;
  if (word == "error") return log_level::error;
  return log_level::info;
}

std::string logfmt_line(unix_time at, log_level level, std::string_view event,
                        std::initializer_list<log_field> fields) {
  std::string line = "ts=" + timestamp(at) + " level=";
  line += to_string(level);
  line += " event=";
  append_value(line, event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

}  // namespace parley
