#include "net/peer/peer_tls.hpp"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace parley::net {
namespace {

namespace ssl = boost::asio::ssl;

error refused(std::string why) { return {errc::incompatible, std::move(why)}; }

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> out;
  const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int n = 0; n < sk_GENERAL_NAME_num(names.get()); ++n) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), n);
    if (name->type != GEN_DNS) continue;
    out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                     static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return out;
}

/// @returns why the file cannot be read; empty if it can. OpenSSL's own words for that help nobody
std::string unreadable(const char* what, const std::string& path) {
  if (path.empty()) return std::string{what} + " is missing: a link needs authority, certificate and key";
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return std::string{what} + ' ' + path + " cannot be read: " + std::strerror(errno);
  std::fclose(file);
  return {};
}

std::string load(ssl::context& into, const peer_options& from) {
  boost::system::error_code failed;
  const auto says = [&](const char* what, const std::string& path, const char* why) {
    return std::string{what} + ' ' + path + ' ' + why + ": " + failed.message();
  };
  into.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string{}; }, failed);
  into.load_verify_file(from.authority, failed);
  if (failed) return says("the authority", from.authority, "is no certificate");
  into.use_certificate_chain_file(from.certificate, failed);
  if (failed) return says("the certificate", from.certificate, "is none");
  into.use_private_key_file(from.key, ssl::context::pem, failed);
  if (failed) return says("the key", from.key, "is none, is encrypted, or is another certificate's");
  into.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, failed);
  SSL_CTX* raw = into.native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  // A link is one connection: nothing is resumed, so nothing has to be remembered.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 0);
  return {};
}

/// As every other node will judge it.
std::string judge(const ssl::context& own, const peer_options& options) {
  auto* raw = const_cast<ssl::context&>(own).native_handle();
  X509* certificate = SSL_CTX_get0_certificate(raw);
  const auto where = "the certificate " + options.certificate;
  const std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>> chain{X509_STORE_CTX_new()};
  if (!chain || X509_STORE_CTX_init(chain.get(), SSL_CTX_get_cert_store(raw), certificate, nullptr) != 1)
    return where + " cannot be judged";
  for (const char* purpose : {"ssl_server", "ssl_client"}) {
    X509_STORE_CTX_set_default(chain.get(), purpose);
    if (X509_verify_cert(chain.get()) == 1) {
      X509_STORE_CTX_cleanup(chain.get());
      X509_STORE_CTX_init(chain.get(), SSL_CTX_get_cert_store(raw), certificate, nullptr);
      continue;
    }
    return where + " is refused by the authority " + options.authority + ": " +
           X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain.get()));
  }
  if (!carries(names_of(certificate), options.self.node.name))
    return where + " does not carry the node's name " + options.self.node.name + " as a DNS name";
  return {};
}

}  // namespace

result<std::shared_ptr<peer_tls>> load_peer_tls(const peer_options& options) {
  for (const auto& [what, path] :
       {std::pair{"the authority", options.authority}, std::pair{"the certificate", options.certificate},
        std::pair{"the key", options.key}})
    if (auto why = unreadable(what, path); !why.empty()) return refused(std::move(why));
  auto made = std::make_shared<peer_tls>();
  for (auto* side : {&made->accepting, &made->dialling})
    if (auto why = load(*side, options); !why.empty()) return refused(std::move(why));
  if (auto why = judge(made->accepting, options); !why.empty()) return refused(std::move(why));
  return made;
}

std::vector<std::string> names_of_peer(SSL* connection) {
  const std::unique_ptr<X509, freed_by<X509_free>> certificate{SSL_get1_peer_certificate(connection)};
  return certificate ? names_of(certificate.get()) : std::vector<std::string>{};
}

}  // namespace parley::net
