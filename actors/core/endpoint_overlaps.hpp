#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"

#include <map>
#include <vector>

namespace parley {

/// Until when shards use their former endpoints beside the present ones. At most one entry for each shard. Sans-I/O.
class endpoint_overlaps {
public:
  /// In place of an earlier one of the shard.
  void begin(shard_id shard, instant until) { until_.insert_or_assign(shard, until); }
  /// Forgets them. @returns the shards whose overlaps are over
  std::vector<shard_id> ended(instant now) {
    std::vector<shard_id> over;
    std::erase_if(until_, [&](const auto& entry) {
      if (entry.second > now) return false;
      over.push_back(entry.first);
      return true;
    });
    return over;
  }
  bool is_empty() const { return until_.empty(); }

private:
  std::map<shard_id, instant> until_;
};

}  // namespace parley
