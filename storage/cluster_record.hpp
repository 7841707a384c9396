#pragma once

#include <cstdint>
#include <string>

namespace parley {

/// What every database of a cluster must agree on; the home database's first migration makes it.
struct cluster_record {
  std::string id;            ///< a random UUID
  std::uint32_t shards = 0;  ///< fixed when the cluster is created
};

}  // namespace parley
