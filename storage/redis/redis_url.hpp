#pragma once

#include "actors/core/result.hpp"

#include <string>
#include <string_view>

namespace parley {

struct redis_address {
  std::string host;
  std::string port;
  std::string user;      ///< empty: the default user
  std::string password;  ///< empty: no AUTH is sent

  /// Without the password: for logs.
  std::string shown() const { return host + ':' + port; }
};

/// `redis://[user[:password]@]host[:port]`, port 6379 where absent. A path is refused: publishing knows no databases.
/// @returns `incompatible` for anything else, `rediss:` included (hiredis 0.14 has no TLS): refuse to start.
result<redis_address> parse_redis_url(std::string_view url);

}  // namespace parley
