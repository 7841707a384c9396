#include "node/ctl/certificate_authority.hpp"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <memory>

namespace parley::ca {
namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using cert_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

constexpr long version_3 = 2;
/// Clocks of nodes may differ: a certificate is valid somewhat before it was made.
constexpr long backdated_seconds = 3'600;
constexpr int serial_bits = 127;

error broken() { return {errc::unavailable, "the certificate library failed"}; }

std::string text_of(BIO& memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(&memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

result<credentials> as_pem(X509& certificate, EVP_PKEY& key) {
  const bio_ptr first{BIO_new(BIO_s_mem())}, second{BIO_new(BIO_s_mem())};
  if (!first || !second || PEM_write_bio_X509(first.get(), &certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(second.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return broken();
  return credentials{text_of(*first), text_of(*second)};
}

/// Without this an encrypted key makes OpenSSL ask on the terminal.
int no_password(char*, int, int, void*) { return -1; }

bio_ptr reader(const std::string& pem) { return bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))}; }
cert_ptr read_certificate(const std::string& pem) {
  const auto from = reader(pem);
  return cert_ptr{PEM_read_bio_X509(from.get(), nullptr, no_password, nullptr)};
}
key_ptr read_key(const std::string& pem) {
  const auto from = reader(pem);
  return key_ptr{PEM_read_bio_PrivateKey(from.get(), nullptr, no_password, nullptr)};
}

bool set_serial(X509& certificate) {
  const number_ptr number{BN_new()};
  return number && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_life(X509& certificate, std::chrono::days lifetime) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
  return X509_gmtime_adj(X509_getm_notBefore(&certificate), -backdated_seconds) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(&certificate), static_cast<long>(seconds)) != nullptr;
}

bool add_name(X509_NAME& to, const std::string& common_name) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.data());
  return X509_NAME_add_entry_by_NID(&to, NID_commonName, MBSTRING_UTF8, bytes, static_cast<int>(common_name.size()), -1,
                                    0) == 1;
}

bool add(X509& to, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &to, nullptr, nullptr, 0);
  const extension_ptr made{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  return made && X509_add_ext(&to, made.get(), -1) == 1;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 || inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

/// In OpenSSL's own notation: the caller has checked that no name holds a comma.
std::string names_of(const node_wish& wish) {
  std::string out = "DNS:" + wish.node;
  for (const auto& host : wish.hosts) out += (is_address(host) ? ",IP:" : ",DNS:") + host;
  return out;
}

/// What an authority's and a node's certificates have in common.
cert_ptr begin(EVP_PKEY& key, const std::string& common_name, std::chrono::days lifetime) {
  cert_ptr made{X509_new()};
  const bool is_begun = made && X509_set_version(made.get(), version_3) == 1 && set_serial(*made) &&
                        set_life(*made, lifetime) && X509_set_pubkey(made.get(), &key) == 1 &&
                        add_name(*X509_get_subject_name(made.get()), common_name);
  return is_begun ? std::move(made) : nullptr;
}

}  // namespace

result<credentials> make_authority(std::chrono::days lifetime) {
  const key_ptr key{EVP_EC_gen("P-256")};
  if (!key) return broken();
  const auto made = begin(*key, "Parley cluster CA", lifetime);
  const bool is_whole = made && X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1 &&
                        add(*made, *made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                        add(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                        add(*made, *made, NID_subject_key_identifier, "hash") &&
                        X509_sign(made.get(), key.get(), EVP_sha256()) > 0;
  if (!is_whole) return broken();
  return as_pem(*made, *key);
}

result<credentials> issue(const credentials& authority, const node_wish& wish) {
  const auto issuer = read_certificate(authority.certificate);
  if (!issuer) return error{errc::refused_content, "the authority's certificate cannot be read"};
  const auto issuer_key = read_key(authority.key);
  if (!issuer_key) return error{errc::refused_content, "the authority's key cannot be read"};
  if (X509_check_private_key(issuer.get(), issuer_key.get()) != 1)
    return error{errc::refused_content, "the authority's key is not its certificate's"};
  const key_ptr key{EVP_EC_gen("P-256")};
  if (!key) return broken();
  const auto made = begin(*key, wish.node, wish.lifetime);
  const bool is_whole = made && X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get())) == 1 &&
                        add(*made, *issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                        add(*made, *issuer, NID_key_usage, "critical,digitalSignature") &&
                        add(*made, *issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                        add(*made, *issuer, NID_subject_key_identifier, "hash") &&
                        add(*made, *issuer, NID_authority_key_identifier, "keyid:always") &&
                        add(*made, *issuer, NID_subject_alt_name, names_of(wish)) &&
                        X509_sign(made.get(), issuer_key.get(), EVP_sha256()) > 0;
  if (!is_whole) return broken();
  return as_pem(*made, *key);
}

std::string end_of_life(const std::string& certificate) {
  const auto parsed = read_certificate(certificate);
  std::tm at{};
  if (!parsed || ASN1_TIME_to_tm(X509_get0_notAfter(parsed.get()), &at) != 1) return {};
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &at);
  return text.data();
}

}  // namespace parley::ca
