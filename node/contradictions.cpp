#include "node/configuration.hpp"
#include "node/listen_address.hpp"

namespace parley {
namespace {

class contradiction_judge {
public:
  explicit contradiction_judge(const reading& r) : r_(r) {}

  std::vector<mistake> found;

  void mode() {
    const auto& n = r_.options.node;
    if (!n.dev) {
      complain("dev",
               "this version knows users only in development mode: say --dev, and let only trusted people reach "
               "the node; tokens come with a later version");
      return;
    }
    const auto where = parse_listen_address(n.listen);
    if (where && !where->address().is_loopback() && !n.dev_allow_remote) {
      complain("listen", n.listen +
                             " can be reached from other machines, and in development mode everyone may say to be "
                             "anyone: use 127.0.0.1, or insist with --dev-allow-remote");
    }
  }

  void storage() {
    const auto& n = r_.options.node;
    if (!n.postgres.empty() && n.redis.empty()) complain("postgres", "needs at least one Redis endpoint (--redis)");
    if (n.postgres.empty() && !n.redis.empty()) complain("redis", "needs at least one database (--postgres)");
    if (!n.postgres.empty() && is_set("data_dir")) {
      complain("data_dir", "is of the embedded mode; with databases nothing is stored there: leave one of both out");
    }
  }

  void links() {
    const auto& n = r_.options.node;
    const int files = !n.peer_authority.empty() + !n.peer_certificate.empty() + !n.peer_key.empty();
    if (files != 0 && files != 3) {
      complain(n.peer_authority.empty()     ? "peer.authority"
               : n.peer_certificate.empty() ? "peer.certificate"
                                            : "peer.key",
               "is missing: the links between nodes need the authority, a certificate and its key (parleyctl ca)");
    }
    if (n.peer_listen.empty()) {
      if (!n.peer_advertise.empty()) complain("peer_advertise", "needs peer_listen: nobody can connect there");
      return;
    }
    if (n.is_embedded())
      complain("peer_listen", "needs databases that nodes share (--postgres): embedded mode is one node");
    const auto where = parse_listen_address(n.peer_listen);
    if (!where) return;
    if (files == 0 && !where->address().is_loopback()) {
      complain("peer_listen", n.peer_listen +
                                  " can be reached from other machines: links there need certificates "
                                  "(peer.authority, peer.certificate, peer.key; parleyctl ca makes them)");
    }
    if (where->address().is_unspecified() && n.peer_advertise.empty()) {
      complain("peer_listen", n.peer_listen + " names no address that others could dial: say it in peer_advertise");
    }
  }

  void delays() {
    const auto& r = r_.options.redis;
    if (r.retry_delay_min > r.retry_delay_max) {
      complain("fan_out.retry_delay_min_ms", "is greater than fan_out.retry_delay_max_ms");
    }
    const auto& p = r_.options.postgres;
    if (p.retry_delay_min > p.retry_delay_max) {
      complain("database.retry_delay_min_ms", "is greater than database.retry_delay_max_ms");
    }
    if (p.lock_timeout > p.statement_timeout) {
      complain("database.lock_timeout_ms", "is greater than database.statement_timeout_ms");
    }
    const auto& l = r_.options.limits;
    if (l.content_bytes > l.frame_bytes) complain("limits.content_bytes", "is greater than limits.frame_bytes");
  }

private:
  bool is_set(const std::string& key) const { return r_.set_where.contains(key); }

  void complain(const std::string& key, std::string text) {
    const auto set = r_.set_where.find(key);
    found.push_back({set == r_.set_where.end() ? "" : set->second, key + ": " + std::move(text)});
  }

  const reading& r_;
};

}  // namespace

std::vector<mistake> contradictions(const reading& r, bool is_start) {
  contradiction_judge j{r};
  if (is_start) j.mode();
  j.storage();
  j.links();
  j.delays();
  return std::move(j.found);
}

}  // namespace parley
