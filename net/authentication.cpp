#include "net/authentication.hpp"

#include "net/validation.hpp"

#include <boost/beast/core/string.hpp>

namespace parley::net {

std::variant<identity, refusal> authenticate_developer(std::string_view user, std::string_view token,
                                                       std::string_view instance) {
  if (!token.empty()) return bad_request("development mode has no keys: say `user`, no token");
  if (!user.empty() && !is_id(user)) return bad_request("a user is 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -");
  return identity{std::string(user.empty() ? "guest" : user), std::string(instance)};
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return {};
  if (!boost::beast::iequals(authorization.substr(0, scheme.size()), scheme)) return {};
  return authorization.substr(scheme.size());
}

}  // namespace parley::net
