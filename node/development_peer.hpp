#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// Where another node of a development cluster serves clients: nodes tell each other only where they link.
struct development_peer {
  std::string node;
  std::string address;  ///< `http://HOST:PORT`
};

/// NAME=http://HOST:PORT. @returns nothing for anything else
std::optional<development_peer> parse_development_peer(std::string_view text);

}  // namespace parley
