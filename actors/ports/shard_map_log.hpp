#pragma once

#include "actors/core/result.hpp"
#include "actors/core/shard_places.hpp"

namespace parley {

/// The shard map in the home database. Shares its adapter's connections with that database's `event_log`. Thread-safe,
/// never blocks; completions as in `event_log`.
class shard_map_log {
public:
  virtual ~shard_map_log() = default;

  virtual void places(completion<shard_places> done) = 0;
};

}  // namespace parley
