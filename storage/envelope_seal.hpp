#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// Shows with a keyed MAC that an envelope comes from a node of the cluster: the first 16 bytes of HMAC-SHA-256 (RFC
/// 2104, truncated as its section 5 allows) over the whole envelope before it. The MAC is the message's last field, so
/// that a node without keys reads a sealed envelope all the same, while one with keys refuses what bears no MAC of any
/// of them. Thread-safe.
class envelope_seal {
public:
  /// A secret of the cluster, 32 bytes as 64 hexadecimal digits.
  static bool is_key(std::string_view hex);

  /// @param keys  the first one seals, every one opens, so that a key can be replaced; none: nothing is sealed or asked
  /// @throws std::invalid_argument for what is no key
  explicit envelope_seal(const std::vector<std::string>& keys);
  ~envelope_seal();

  void close(std::string& envelope) const;
  bool is_genuine(std::string_view envelope) const;

private:
  class key;
  std::vector<std::unique_ptr<const key>> keys_;
};

}  // namespace parley
