#include "storage/redis/redis_url.hpp"

#include <boost/url/parse.hpp>

#include <charconv>
#include <cstdint>

namespace parley {
namespace {

/// Never quotes the URL: it may hold a password.
error wrong(const char* why) { return {errc::incompatible, std::string("Redis URL: ") + why}; }

}  // namespace

result<redis_address> parse_redis_url(std::string_view url) {
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed) return wrong("not of the form redis://[user[:password]@]host[:port]");
  if (parsed->scheme() != "redis") return wrong("the scheme is not redis");
  if (parsed->host_address().empty()) return wrong("no host");
  if (parsed->has_query() || parsed->has_fragment()) return wrong("a query or fragment means nothing here");
  if (parsed->encoded_path().size() > 1) return wrong("a database number means nothing to publishing");
  redis_address made{parsed->host_address(), "6379", parsed->user(), parsed->password()};
  if (parsed->has_port()) {
    // Not `port_number()`: in Boost 1.81 it wraps around above 65535.
    made.port = parsed->port();
    std::uint16_t number = 0;
    const char* end = made.port.data() + made.port.size();
    const auto [last, fault] = std::from_chars(made.port.data(), end, number);
    if (fault != std::errc{} || last != end || number == 0) return wrong("bad port");
  }
  if (made.password.empty() && !made.user.empty()) return wrong("a user without a password");
  return made;
}

}  // namespace parley
