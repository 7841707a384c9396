#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::net {

/// A request's target (RFC 9112 §3.2.1), split and percent-decoded.
struct http_target {
  std::string path;                   ///< as it was sent
  std::vector<std::string> segments;  ///< decoded, between the slashes; `/` is one empty segment
  std::vector<std::pair<std::string, std::string>> query;

  /// The last one of that name, empty where there is none.
  std::string_view parameter(std::string_view name) const;
};

/// @returns nothing for what is not of the origin form, or has a `%` without two hexadecimal digits
std::optional<http_target> parse_target(std::string_view target);
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

}  // namespace parley::net
