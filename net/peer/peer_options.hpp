#pragma once

#include "actors/core/time.hpp"
#include "net/peer/peer_codec.hpp"
#include "net/peer/peer_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace parley::net {

/// How long a link waits for each thing.
struct peer_patience {
  milliseconds connect{2'000};  ///< for a name's look-up and a TCP connection
  milliseconds step{2'000};     ///< for each of TLS, the upgrade and the hello
  milliseconds ping{500};       ///< between two signs of life that we give
  milliseconds silence{2'000};  ///< without one from the other end, or in one write: the link is dead
  milliseconds closing{1'000};  ///< for the other end to hear why
  milliseconds sweep{250};      ///< how often we look for what is overdue
};

struct peer_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;   ///< 0: any free one, see `peer_mesh::port`
  std::string authority;    ///< PEM file: the cluster's certificate authority. All three or none of them
  std::string certificate;  ///< PEM file: carries the node's name as a DNS name
  std::string key;          ///< PEM file
  peer_self self;
  peer_bounds bounds;
  peer_patience patience;
  std::size_t strangers_max = 64;                   ///< connections that have not said who they are, at once
  std::size_t links_max = 1'024;                    ///< connections that others made, at once
  std::size_t waiting_bytes_max = 8 * 1024 * 1024;  ///< per link; beyond, `send` refuses
  std::size_t waiting_items_max = 32'768;

  bool is_secure() const { return !authority.empty() || !certificate.empty() || !key.empty(); }
};

}  // namespace parley::net
