#include "storage/redis/redis_url.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace parley {
namespace {

constexpr std::string_view plain = "redis://", cluster = "redis+cluster://";
constexpr std::size_t seeds_max = 16;

/// Never quotes the URL: it may hold a password.
error wrong_url(const char* why) { return {errc::incompatible, std::string("Redis URL: ") + why}; }

/// Of one server.
result<redis_address> parse_address(const std::string& url) {
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed) return wrong_url("not of the form redis://[user[:password]@]host[:port]");
  if (parsed->host_address().empty()) return wrong_url("no host");
  if (parsed->has_query() || parsed->has_fragment()) return wrong_url("a query or fragment means nothing here");
  if (parsed->encoded_path().size() > 1) return wrong_url("a database number means nothing to publishing");
  redis_address made{{parsed->host_address(), "6379"}, parsed->user(), parsed->password()};
  // Not `port_number()`: in Boost 1.81 it wraps around above 65535.
  if (parsed->has_port()) made.where.port = parsed->port();
  if (!is_port(made.where.port)) return wrong_url("bad port");
  if (made.password.empty() && !made.user.empty()) return wrong_url("a user without a password");
  return made;
}

}  // namespace

bool is_port(std::string_view text) {
  std::uint16_t number = 0;
  const auto [last, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc{} && last == text.data() + text.size() && number != 0;
}

bool is_server_name(const server_name& where) {
  const auto is_fine = [](char c) { return c > ' ' && c < 127; };
  return !where.host.empty() && where.host != "?" && where.host.size() <= 255 &&
         std::ranges::all_of(where.host, is_fine) && is_port(where.port);
}

std::string redis_endpoint::shown() const {
  std::string all;
  for (const auto& seed : seeds) all += (all.empty() ? "" : ",") + seed.shown();
  return is_cluster ? std::string(cluster) + all : all;
}

result<redis_endpoint> parse_redis_url(std::string_view url) {
  redis_endpoint made;
  made.is_cluster = url.starts_with(cluster);
  if (!made.is_cluster && !url.starts_with(plain)) return wrong_url("the scheme is neither redis nor redis+cluster");
  auto rest = url.substr(made.is_cluster ? cluster.size() : plain.size());
  // The last @ ends it: a password may hold an unescaped comma.
  const auto at = rest.rfind('@');
  const std::string user{at == std::string_view::npos ? "" : rest.substr(0, at + 1)};
  rest.remove_prefix(user.size());
  for (bool is_last = false; !is_last;) {
    const auto comma = made.is_cluster ? rest.find(',') : std::string_view::npos;
    is_last = comma == std::string_view::npos;
    auto address = parse_address(std::string(plain) + user + std::string(rest.substr(0, comma)));
    if (!address) return address.error();
    if (made.seeds.size() == seeds_max) return wrong_url("more than 16 servers of one cluster");
    made.seeds.push_back(std::move(*address));
    if (!is_last) rest.remove_prefix(comma + 1);
  }
  return made;
}

}  // namespace parley
