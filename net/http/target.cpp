#include "net/http/target.hpp"

namespace parley::net {
namespace {

int hex_value(char c) {
  if ('0' <= c && c <= '9') return c - '0';
  if ('a' <= c && c <= 'f') return c - 'a' + 10;
  if ('A' <= c && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Runs `take` on each piece; stops at the first that it refuses.
template <class Take>
bool split(std::string_view text, char separator, Take take) {
  while (true) {
    const auto end = text.find(separator);
    if (!take(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t n = 0; n < text.size(); ++n) {
    if (text[n] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[n] != '%') {
      out += text[n];
    } else {
      const int high = n + 2 < text.size() ? hex_value(text[n + 1]) : -1;
      const int low = n + 2 < text.size() ? hex_value(text[n + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      n += 2;
    }
  }
  return out;
}

std::optional<http_target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  http_target out;
  const auto question = target.find('?');
  out.path = target.substr(0, question);
  const bool is_path_fine = split(std::string_view(out.path).substr(1), '/', [&](std::string_view segment) {
    auto decoded = percent_decoded(segment, false);
    if (decoded) out.segments.push_back(std::move(*decoded));
    return decoded.has_value();
  });
  if (!is_path_fine) return std::nullopt;
  if (question == std::string_view::npos) return out;
  const bool is_query_fine = split(target.substr(question + 1), '&', [&](std::string_view pair) {
    const auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return false;
    if (!name->empty()) out.query.emplace_back(std::move(*name), std::move(*value));
    return true;
  });
  return is_query_fine ? std::optional(std::move(out)) : std::nullopt;
}

std::string_view http_target::parameter(std::string_view name) const {
  std::string_view found;
  for (const auto& [known, value] : query)
    if (known == name) found = value;
  return found;
}

}  // namespace parley::net
