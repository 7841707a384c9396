#include "net/codec/operations.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::net {
namespace {

using enum operation;

constexpr std::array<std::pair<std::string_view, operation>, 29> bodies{{
    {"connect", connect},
    {"join", join},
    {"leave", leave},
    {"publish", publish},
    {"edit", edit},
    {"delete", erase},
    {"history", history},
    {"mark_read", mark_read},
    {"typing", typing},
    {"refresh", refresh},
    {"ping", ping},
    {"connected", not_ours},
    {"joined", not_ours},
    {"left", not_ours},
    {"published", not_ours},
    {"page", not_ours},
    {"cursor", not_ours},
    {"ok", not_ours},
    {"refreshed", not_ours},
    {"pong", not_ours},
    {"batch", not_ours},
    {"live", not_ours},
    {"catching_up", not_ours},
    {"gap", not_ours},
    {"head", not_ours},
    {"ephemeral", not_ours},
    {"evicted", not_ours},
    {"reconnect", not_ours},
    {"error", not_ours},
}};

}  // namespace

std::optional<operation> operation_named(std::string_view name) {
  for (const auto& [known, what] : bodies)
    if (known == name) return what;
  return std::nullopt;
}

std::string_view name_of(operation what) {
  for (const auto& [known, named] : bodies)
    if (named == what) return known;
  return "";
}

bool is_write(operation what) { return what == publish || what == edit || what == erase; }

}  // namespace parley::net
