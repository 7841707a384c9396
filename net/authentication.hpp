#pragma once

#include "actors/core/refusal.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace parley::net {

/// Who speaks, proven as far as the mode demands.
struct identity {
  std::string user;
  std::string instance;
};

/// Development mode: one is who one says, `guest` when one says nothing. A token is a `bad_request`: there are no keys
/// that could prove it, and a client that sends one expects that somebody checks. `user` must be an id where not empty.
std::variant<identity, refusal> authenticate_developer(std::string_view user, std::string_view token,
                                                       std::string_view instance);

/// The token of an `Authorization: Bearer` header; empty for another scheme.
std::string_view bearer_token(std::string_view authorization);

}  // namespace parley::net
