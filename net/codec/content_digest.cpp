#include "net/codec/content_digest.hpp"

#include "net/codec/metadata.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace parley::net {
namespace {

/// Looked up once, and a context for each thread: OpenSSL 3 takes as long for either as for the digest of a short text.
const EVP_MD* algorithm() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return found;
}
EVP_MD_CTX* context_of_thread() {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> made{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  return made.get();
}

/// One at a time in each thread.
class sha256 {
public:
  sha256() : context_(context_of_thread()) {
    if (context_ == nullptr || EVP_DigestInit_ex(context_, algorithm(), nullptr) != 1) std::abort();
  }

  void number(std::uint64_t n) {
    std::array<unsigned char, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(n >> (8 * i));
    update(bytes.data(), bytes.size());
  }

  /// With its length, so that no two lists of strings look alike.
  void text(std::string_view s) {
    number(s.size());
    update(s.data(), s.size());
  }

  digest finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> all{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context_, all.data(), &size) != 1) std::abort();
    digest out{};
    std::copy_n(all.begin(), out.size(), out.begin());
    return out;
  }

private:
  void update(const void* bytes, std::size_t size) {
    if (EVP_DigestUpdate(context_, bytes, size) != 1) std::abort();
  }

  EVP_MD_CTX* context_;
};

}  // namespace

digest content_digest(std::string_view operation, const content& body, seq reply_to) {
  sha256 hash;
  hash.text(operation);
  hash.text(body.text);
  hash.number(body.parts.size());
  for (const part& one : body.parts) {
    hash.text(one.type);
    hash.number(static_cast<std::uint64_t>(one.kind));
    hash.text(one.body);
  }
  hash.text(canonical_metadata(body.metadata));
  hash.number(reply_to.value);
  return hash.finish();
}

}  // namespace parley::net
