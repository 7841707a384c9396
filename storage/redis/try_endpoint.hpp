#pragma once

#include "actors/core/time.hpp"
#include "storage/redis/redis_url.hpp"

#include <optional>

namespace parley {

/// Connects as a node would, and leaves again: a server must let us in and answer PING, one of a Redis Cluster's must
/// tell its map of slots. Blocks; the look-up of a name may take longer than the time-out. @param timeout  of each
/// server
/// @returns why not, without passwords; none: it answered
std::optional<error> try_endpoint(const redis_endpoint& endpoint, milliseconds timeout);

}  // namespace parley
