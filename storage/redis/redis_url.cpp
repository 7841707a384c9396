#include "storage/redis/redis_url.hpp"

#include <boost/url/parse.hpp>

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
    if (parsed->port_number() == 0) return wrong("bad port");
    made.port = std::to_string(parsed->port_number());
  }
  if (made.password.empty() && !made.user.empty()) return wrong("a user without a password");
  return made;
}

}  // namespace parley
