#include "node/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace parley {
namespace {

constexpr std::string_view mask = "***";
constexpr std::array secret_words{std::string_view{"password"}, std::string_view{"sslpassword"}};

/// user:PASSWORD@ of a URL. The last @ before the path ends it: a password may hold an unescaped one.
void mask_authority(std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return;
  const auto begin = scheme + 3;
  const auto at = url.rfind('@', std::min(url.find_first_of("?#", begin), url.size()));
  const auto colon = url.find(':', begin);
  if (at == std::string::npos || at < begin || colon >= at || colon + 1 == at) return;
  url.replace(colon + 1, at - colon - 1, mask);
}

std::string::size_type end_of_value(const std::string& text, std::string::size_type begin) {
  if (begin < text.size() && text[begin] == '\'') {
    auto end = begin + 1;
    while (end < text.size() && text[end] != '\'') end += text[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text.size());
  }
  return std::min(text.find_first_of(" \t\n&", begin), text.size());
}

/// password=... as a libpq keyword or in a URL's query; libpq allows blanks around the sign.
void mask_keyword(std::string& text, std::string_view word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) {
    const bool is_whole = at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0;
    auto sign = text.find_first_not_of(" \t\n", at + word.size());
    if (!is_whole || sign == std::string::npos || text[sign] != '=') continue;
    const auto begin = std::min(text.find_first_not_of(" \t\n", sign + 1), text.size());
    text.replace(begin, end_of_value(text, begin) - begin, mask);
  }
}

}  // namespace

std::string mask_secrets(std::string_view connection) {
  std::string out{connection};
  mask_authority(out);
  for (const auto word : secret_words) mask_keyword(out, word);
  return out;
}

std::string mask_whole(std::string_view secret) { return secret.empty() ? std::string{} : std::string{mask}; }

bool has_secret(std::string_view connection) { return mask_secrets(connection) != connection; }

}  // namespace parley
