#include "net/codec/content_digest.hpp"

#include "net/codec/metadata.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace parley::net {
namespace {

class sha256 {
public:
  sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) std::abort();
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
    if (EVP_DigestFinal_ex(context_.get(), all.data(), &size) != 1) std::abort();
    digest out{};
    std::copy_n(all.begin(), out.size(), out.begin());
    return out;
  }

private:
  void update(const void* bytes, std::size_t size) {
    if (EVP_DigestUpdate(context_.get(), bytes, size) != 1) std::abort();
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
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
