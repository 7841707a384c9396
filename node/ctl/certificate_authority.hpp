#pragma once

#include "actors/core/result.hpp"

#include <chrono>
#include <string>
#include <vector>

/// The cluster's own certificate authority, which proves who a node is to the others. Nothing else should trust it.
namespace parley::ca {

/// A certificate with its key, both as PEM text. The key's text is a secret.
struct credentials {
  std::string certificate;
  std::string key;
};

struct node_wish {
  std::string node;                ///< becomes a DNS name of the certificate: what the other end looks for
  std::vector<std::string> hosts;  ///< further names or IP addresses
  std::chrono::days lifetime{825};
};

/// EC P-256, self-signed. @returns `unavailable` where the library fails
result<credentials> make_authority(std::chrono::days lifetime = std::chrono::days{3'650});
/// @returns `refused_content` for an authority that cannot be read or whose key is another one's
result<credentials> issue(const credentials& authority, const node_wish& wish);

/// The end of a PEM certificate's life, as 2036-11-24T18:00:00Z; empty for what is no certificate.
std::string end_of_life(const std::string& certificate);

}  // namespace parley::ca
