#pragma once

#include "actors/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace parley {

/// The embedded store.
struct sqlite_options {
  std::string path;                ///< of the database file; its folder must exist. `<path>.lock` is the lease
  std::uint32_t shards = 256;      ///< 1 to 65536; fixed when the database is made
  seconds dedup_window{86400};     ///< G5
  bool checked = false;            ///< an append also proves that the event before it is stored (C2)
  std::size_t waiting_max = 4096;  ///< calls that wait for the database; above it: `unavailable`
  /// A commit failed, and nobody knows what the disk holds: end the process. Called once, on the database's thread.
  std::function<void(std::string)> on_fatal;
};

}  // namespace parley
