#include "storage/envelope_seal.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace parley {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t mac_bytes = 16;
/// Field 15 of RedisEnvelope, length-delimited, and its length: fixed, so that the MAC is found without parsing.
constexpr std::array<char, 2> mac_field{(15 << 3) | 2, mac_bytes};
constexpr std::size_t suffix_bytes = mac_field.size() + mac_bytes;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using algorithm_ptr = std::unique_ptr<EVP_MAC, freed_by<EVP_MAC_free>>;
using context_ptr = std::unique_ptr<EVP_MAC_CTX, freed_by<EVP_MAC_CTX_free>>;

std::array<unsigned char, key_bytes> bytes_of(const std::string& hex) {
  std::array<unsigned char, key_bytes> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, bytes[i], 16);
  return bytes;
}

}  // namespace

/// Holds the keyed state; each MAC starts from a copy of it.
class envelope_seal::key {
public:
  explicit key(const std::string& hex) {
    auto secret = bytes_of(hex);
    const algorithm_ptr hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    keyed_.reset(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    const bool is_ready = keyed_ && EVP_MAC_init(keyed_.get(), secret.data(), secret.size(), params) == 1;
    OPENSSL_cleanse(secret.data(), secret.size());
    if (!is_ready) throw std::runtime_error("HMAC-SHA-256 is not available in OpenSSL");
  }

  std::array<unsigned char, mac_bytes> mac_of(std::string_view envelope) const {
    const context_ptr context{EVP_MAC_CTX_dup(keyed_.get())};
    std::array<unsigned char, EVP_MAX_MD_SIZE> whole{};
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(envelope.data());
    if (!context || EVP_MAC_update(context.get(), bytes, envelope.size()) != 1 ||
        EVP_MAC_final(context.get(), whole.data(), &size, whole.size()) != 1 || size < mac_bytes)
      throw std::runtime_error("OpenSSL makes no MAC");
    std::array<unsigned char, mac_bytes> mac{};
    std::copy_n(whole.begin(), mac.size(), mac.begin());
    return mac;
  }

private:
  context_ptr keyed_;
};

bool envelope_seal::is_key(std::string_view hex) {
  const auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return hex.size() == 2 * key_bytes && std::ranges::all_of(hex, is_digit);
}

envelope_seal::envelope_seal(const std::vector<std::string>& keys) {
  for (const auto& hex : keys) {
    if (!is_key(hex)) throw std::invalid_argument("a key of the live path is 64 hexadecimal digits");
    keys_.push_back(std::make_unique<const key>(hex));
  }
}

envelope_seal::~envelope_seal() = default;

void envelope_seal::close(std::string& envelope) const {
  if (keys_.empty()) return;
  const auto mac = keys_.front()->mac_of(envelope);
  envelope.append(mac_field.begin(), mac_field.end());
  envelope.append(mac.begin(), mac.end());
}

bool envelope_seal::is_genuine(std::string_view envelope) const {
  if (keys_.empty()) return true;
  if (envelope.size() < suffix_bytes) return false;
  const auto sealed = envelope.substr(0, envelope.size() - suffix_bytes);
  const auto suffix = envelope.substr(sealed.size());
  if (!std::equal(mac_field.begin(), mac_field.end(), suffix.begin())) return false;
  return std::ranges::any_of(keys_, [&](const auto& each) {
    const auto mac = each->mac_of(sealed);
    return CRYPTO_memcmp(mac.data(), suffix.data() + mac_field.size(), mac.size()) == 0;
  });
}

}  // namespace parley
