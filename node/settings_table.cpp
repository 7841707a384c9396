#include "node/configuration.hpp"
#include "node/development_peer.hpp"
#include "node/listen_address.hpp"
#include "node/setting_kinds.hpp"
#include "storage/envelope_seal.hpp"
#include "storage/redis/redis_url.hpp"

#include <algorithm>
#include <cstdlib>

namespace parley::setting_kinds {

std::string flag_name(std::string_view key) {
  std::string out = "--";
  for (const char c : key) out += c == '.' || c == '_' ? '-' : c;
  return out;
}

namespace {

using complaint = std::optional<std::string>;

complaint is_listen_address(const std::string& text) {
  if (parse_listen_address(text)) return std::nullopt;
  return toml_text(text) + " is no HOST:PORT with an IP address, such as 127.0.0.1:8080 or [::1]:8080";
}

complaint is_optional_listen_address(const std::string& text) {
  return text.empty() ? std::nullopt : is_listen_address(text);
}

complaint is_node_name(const std::string& text) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  if (!text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_fine)) return std::nullopt;
  return toml_text(text) + " is no name of 1 to 64 letters, digits, '-', '.' or '_'";
}

complaint is_path(const std::string& text) {
  if (!text.empty() && text.find('\0') == std::string::npos) return std::nullopt;
  return std::string{"must name a folder"};
}

complaint is_optional_path(const std::string& text) {
  if (text.find('\0') == std::string::npos) return std::nullopt;
  return std::string{"must name a file"};
}

/// A name is fine here: it is the other nodes that look it up.
complaint is_peer_address(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto digits = colon == std::string::npos ? std::string{} : text.substr(colon + 1);
  const bool is_port = !digits.empty() && digits.size() <= 5 &&
                       std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) &&
                       std::stoi(digits) >= 1 && std::stoi(digits) <= 65'535;
  if (text.empty() || (colon > 0 && is_port && text.size() <= 255)) return std::nullopt;
  return toml_text(text) + " is no HOST:PORT";
}

complaint is_development_peer(const std::string& text) {
  if (parse_development_peer(text)) return std::nullopt;
  return toml_text(text) + " is no NAME=http://HOST:PORT with an IP address, such as n2=http://127.0.0.1:8081";
}

complaint is_log_level(const std::string& text) {
  for (const auto* level : {"debug", "info", "warn", "error"}) {
    if (text == level) return std::nullopt;
  }
  return toml_text(text) + " is none of debug, info, warn and error";
}

complaint is_origin(const std::string& text) {
  const auto scheme = text.find("://");
  const bool has_scheme = text.rfind("http://", 0) == 0 || text.rfind("https://", 0) == 0;
  if (has_scheme && text.size() > scheme + 3 && text.find_first_of("/ \t", scheme + 3) == std::string::npos) {
    return std::nullopt;
  }
  return toml_text(text) + " is no origin as browsers send it, such as https://chat.example.org";
}

complaint is_dsn(const std::string& text) {
  const bool is_url = text.rfind("postgresql://", 0) == 0 || text.rfind("postgres://", 0) == 0;
  if (is_url || text.find('=') != std::string::npos) return std::nullopt;
  return toml_text(text) + " is no postgresql:// URL and no libpq keyword string";
}

complaint is_redis_url(const std::string& text) {
  if (parse_redis_url(text)) return std::nullopt;
  return toml_text(mask_secrets(text)) +
         " is no redis://[user[:password]@]host:port, nor redis+cluster://[user[:password]@]host:port[,host:port...]";
}

complaint is_envelope_key(const std::string& text) {
  if (envelope_seal::is_key(text)) return std::nullopt;
  return "a key is 64 hexadecimal digits (openssl rand -hex 32); this one has " + std::to_string(text.size()) +
         " characters";
}

std::vector<setting> node_settings() {
  std::vector<setting> all;
  all.push_back(flag(
      "dev", "Development mode: users by name without a token, rooms created by use.",
      [](auto& c) -> auto& { return c.node.dev; }));
  all.push_back(flag(
      "dev_allow_remote", "Lets development mode listen on an address that others can reach.",
      [](auto& c) -> auto& { return c.node.dev_allow_remote; }));
  all.push_back(flag(
      "dev_faults", "Development mode on loopback: a page may cause faults under /dev/ (operations.md).",
      [](auto& c) -> auto& { return c.node.dev_faults; }));
  all.push_back(list(
      "dev_peers", "--dev-peer", "NAME=http://HOST:PORT each, an IP address",
      "Where the other nodes of a development cluster serve clients, for those faults.", is_development_peer,
      [](auto& c) -> auto& { return c.node.dev_peers; }));
  all.push_back(text(
      "node_name", "1 to 64 letters, digits, - . _", "This node's name in logs and in `connected`.", is_node_name,
      [](auto& c) -> auto& { return c.node.node_name; }));
  all.push_back(text(
      "listen", "HOST:PORT; port 0 is any free one", "Where clients and browsers connect.", is_listen_address,
      [](auto& c) -> auto& { return c.node.listen; }));
  all.push_back(text(
      "data_dir", "a folder", "Embedded mode's folder: everything that it stores.", is_path,
      [](auto& c) -> auto& { return c.node.data_dir; }));
  all.push_back(list(
      "postgres", "--postgres", "postgresql:// URLs or libpq keyword strings",
      "The databases; the first is the home database. None: embedded mode.", is_dsn,
      [](auto& c) -> auto& { return c.node.postgres; }));
  all.push_back(list(
      "redis", "--redis",
      "redis://[user[:password]@]host:port or redis+cluster://[user[:password]@]host:port[,host:port...]",
      "The Redis endpoints of the live path: servers, and Redis Clusters by some of their servers.", is_redis_url,
      [](auto& c) -> auto& { return c.node.redis; }));
  all.push_back(number(
      "shards", "shards", {1, 65'536}, "How many shards; fixed when the cluster is created.",
      [](auto& c) -> auto& { return c.node.shards; }));
  all.push_back(text(
      "peer_listen", "HOST:PORT or empty", "Where other nodes connect; empty: this node has no links to others.",
      is_optional_listen_address, [](auto& c) -> auto& { return c.node.peer_listen; }));
  all.push_back(text(
      "peer_advertise", "HOST:PORT or empty", "Where other nodes are told to connect, if not at peer_listen.",
      is_peer_address, [](auto& c) -> auto& { return c.node.peer_advertise; }));
  all.push_back(list(
      "origins", "--origin", "origins, compared exactly",
      "Which pages may open a WebSocket; development mode adds every loopback origin.", is_origin,
      [](auto& c) -> auto& { return c.node.origins; }));
  all.push_back(text(
      "log_level", "debug, info, warn or error", "What is logged, to standard error.", is_log_level,
      [](auto& c) -> auto& { return c.node.log_level; }));
  all.push_back(number(
      "io_threads", "threads", {0, 256}, "Threads that own sockets; 0 is one per core.",
      [](auto& c) -> auto& { return c.node.io_threads; }));
  all.push_back(number(
      "actor_threads", "threads", {0, 256}, "Threads that run actors; 0 is one per core, at least 2.",
      [](auto& c) -> auto& { return c.node.actor_threads; }));
  all.push_back(flag(
      "checked", "Storage proves with each event that its room has no hole; slower, for tests.",
      [](auto& c) -> auto& { return c.node.checked; }));
  all.push_back(number(
      "dedup_window_s", "s", {60, 2'592'000}, "How long a repeat of a client_msg_id is recognised.",
      [](auto& c) -> auto& { return c.node.dedup_window; }));
  all.push_back(number(
      "drain_timeout_ms", "ms", {100, 600'000}, "How long a stop waits for sessions to take what is queued for them.",
      [](auto& c) -> auto& { return c.node.drain_timeout; }));
  all.push_back(number(
      "head_period_ms", "ms", {0, 86'400'000}, "How often a quiet room's readers are told its head; 0 is never.",
      [](auto& c) -> auto& { return c.node.head_period; }));
  return all;
}

void add_limits(std::vector<setting>& all) {
  all.push_back(number(
      "limits.content_bytes", "bytes", {1, 1'048'576}, "A message's text, parts and metadata.",
      [](auto& c) -> auto& { return c.limits.content_bytes; }));
  all.push_back(number(
      "limits.frame_bytes", "bytes", {65'536, 16'777'216}, "One WebSocket message from a client.",
      [](auto& c) -> auto& { return c.limits.frame_bytes; }));
  all.push_back(number(
      "limits.rooms_per_connection", "rooms", {1, 10'000}, "Rooms joined by one connection.",
      [](auto& c) -> auto& { return c.limits.rooms_per_connection; }));
  all.push_back(number(
      "limits.connections_per_user", "connections", {0, 1'000'000},
      "Beyond: `quota_exceeded`, close 4429; 0 is no limit.",
      [](auto& c) -> auto& { return c.node.connections_per_user; }));
  all.push_back(number(
      "limits.connections_per_address", "connections", {0, 1'000'000},
      "Of one IP address; beyond: HTTP 503; 0 is no limit (behind a proxy).",
      [](auto& c) -> auto& { return c.node.connections_per_address; }));
  all.push_back(number(
      "limits.history_limit", "events", {1, 1'000}, "Largest page of history.",
      [](auto& c) -> auto& { return c.limits.history_limit; }));
  all.push_back(number(
      "limits.rewind_limit", "events", {0, 1'000}, "Largest rewind of a join.",
      [](auto& c) -> auto& { return c.limits.rewind_limit; }));
}

void add_links(std::vector<setting>& all) {
  all.push_back(text(
      "peer.authority", "a PEM file or empty", "The certificate authority of the cluster's links.", is_optional_path,
      [](auto& c) -> auto& { return c.node.peer_authority; }));
  all.push_back(text(
      "peer.certificate", "a PEM file or empty", "This node's certificate, with its name as a DNS name.",
      is_optional_path, [](auto& c) -> auto& { return c.node.peer_certificate; }));
  all.push_back(text(
      "peer.key", "a PEM file or empty", "The certificate's private key.", is_optional_path,
      [](auto& c) -> auto& { return c.node.peer_key; }));
}

void add_databases(std::vector<setting>& all) {
  all.push_back(number(
      "database.reader_connections", "connections", {1, 64}, "Connections for reads, per database.",
      [](auto& c) -> auto& { return c.postgres.reader_connections; }));
  all.push_back(number(
      "database.connect_timeout_ms", "ms", {100, 60'000}, "A connection that takes longer failed.",
      [](auto& c) -> auto& { return c.postgres.connect_timeout; }));
  all.push_back(number(
      "database.statement_timeout_ms", "ms", {100, 600'000}, "PostgreSQL's statement_timeout.",
      [](auto& c) -> auto& { return c.postgres.statement_timeout; }));
  all.push_back(number(
      "database.lock_timeout_ms", "ms", {10, 600'000}, "PostgreSQL's lock_timeout.",
      [](auto& c) -> auto& { return c.postgres.lock_timeout; }));
  all.push_back(number(
      "database.retry_delay_min_ms", "ms", {1, 60'000}, "First wait before connecting again.",
      [](auto& c) -> auto& { return c.postgres.retry_delay_min; }));
  all.push_back(number(
      "database.retry_delay_max_ms", "ms", {1, 600'000}, "Longest wait before connecting again.",
      [](auto& c) -> auto& { return c.postgres.retry_delay_max; }));
}

void add_fan_out(std::vector<setting>& all) {
  all.push_back(list(
      "fan_out.keys", "--fan-out-key", "64 hexadecimal digits each",
      "Keys of the MAC on what travels over Redis: the first seals, each opens. None: no MAC.", is_envelope_key,
      [](auto& c) -> auto& { return c.redis.keys; }, mask_whole));
  all.push_back(number(
      "fan_out.waiting_bytes_max", "bytes", {1'048'576, 1'073'741'824},
      "Live copies that wait for a Redis endpoint; above it they are dropped, storage has them.",
      [](auto& c) -> auto& { return c.redis.waiting_bytes_max; }));
  all.push_back(number(
      "fan_out.canary_period_ms", "ms", {50, 10'000}, "Three canaries missed: the link is half-open.",
      [](auto& c) -> auto& { return c.redis.canary_period; }));
  all.push_back(number(
      "fan_out.open_timeout_ms", "ms", {100, 60'000}, "A connection that takes longer failed.",
      [](auto& c) -> auto& { return c.redis.open_timeout; }));
  all.push_back(number(
      "fan_out.retry_delay_min_ms", "ms", {1, 60'000}, "First wait before connecting again.",
      [](auto& c) -> auto& { return c.redis.retry_delay_min; }));
  all.push_back(number(
      "fan_out.retry_delay_max_ms", "ms", {1, 600'000}, "Longest wait before connecting again.",
      [](auto& c) -> auto& { return c.redis.retry_delay_max; }));
}

std::vector<setting> every_setting() {
  auto all = node_settings();
  add_limits(all);
  add_links(all);
  add_databases(all);
  add_fan_out(all);
  return all;
}

}  // namespace
}  // namespace parley::setting_kinds

namespace parley {

const std::vector<setting>& settings() {
  static const auto all = setting_kinds::every_setting();
  return all;
}

}  // namespace parley
