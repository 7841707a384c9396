#pragma once

#include "net/limits.hpp"

#include <cstdint>
#include <string>

namespace parley::net {

/// What `connected` says beyond `reply::connected`: the front's own part.
struct greeting {
  std::string conn_id;
  std::string node;
  std::uint32_t ping_ms = 0;
  limits bounds;
};

}  // namespace parley::net
