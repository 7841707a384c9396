#pragma once

#include "actors/core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// Where a server listens.
struct server_name {
  std::string host;
  std::string port;

  std::string shown() const { return host + ':' + port; }

  auto operator<=>(const server_name&) const = default;
};

/// 1 to 65535, in digits.
bool is_port(std::string_view text);

/// Fit to be resolved and logged: what a server says of others is untrusted. "?" is how Redis says that it does not
/// know.
bool is_server_name(const server_name& where);

/// How to get in there.
struct redis_address {
  server_name where;
  std::string user;      ///< empty: the default user
  std::string password;  ///< empty: no AUTH is sent

  std::string shown() const { return where.shown(); }
};

/// One entry of the list of endpoints.
struct redis_endpoint {
  bool is_cluster = false;
  std::vector<redis_address> seeds;  ///< the server; of a cluster: any of its servers, to learn the others from

  /// Without the password: for logs, and to compare the nodes' lists.
  std::string shown() const;
};

/// `redis://[user[:password]@]host[:port]`: an independent server;
/// `redis+cluster://[user[:password]@]host[:port][,...]`: a Redis Cluster, by up to 16 of its servers. Port 6379 where
/// absent. A path is refused: publishing knows no databases.
/// @returns `incompatible` for anything else, `rediss:` included (hiredis 0.14 has no TLS): refuse to start.
result<redis_endpoint> parse_redis_url(std::string_view url);

}  // namespace parley
