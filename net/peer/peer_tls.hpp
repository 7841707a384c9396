#pragma once

#include "actors/core/result.hpp"
#include "net/peer/peer_options.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parley::net {

/// A node's side of mutual TLS 1.3: its certificate, and the one authority that it trusts.
struct peer_tls {
  boost::asio::ssl::context accepting{boost::asio::ssl::context::tls_server};
  boost::asio::ssl::context dialling{boost::asio::ssl::context::tls_client};
};

/// Blocking, at start-up. Besides the files themselves it judges what every other node would refuse: a certificate that
/// the authority did not make, that is out of date, or that does not carry the node's name.
/// @returns `incompatible` with the reason in words
result<std::shared_ptr<peer_tls>> load_peer_tls(const peer_options& options);

/// The DNS names that the other end's certificate carries; none without a certificate.
std::vector<std::string> names_of_peer(SSL* connection);

}  // namespace parley::net
