#include "node/development_peer.hpp"

#include "node/listen_address.hpp"

namespace parley {

std::optional<development_peer> parse_development_peer(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  const auto sign = text.find('=');
  if (sign == std::string_view::npos || sign == 0) return std::nullopt;
  const auto address = text.substr(sign + 1);
  if (!address.starts_with(scheme) || !parse_listen_address(address.substr(scheme.size()))) return std::nullopt;
  return development_peer{std::string(text.substr(0, sign)), std::string(address)};
}

}  // namespace parley
