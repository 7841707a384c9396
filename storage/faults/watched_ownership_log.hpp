#pragma once

#include "actors/ports/ownership_log.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace parley {

/// An ownership log that remembers which nodes the last renewal saw, for the answers of a development node. Changes
/// nothing. Thread-safe, never blocks.
class watched_ownership_log final : public ownership_log {
public:
  /// @param inner  outlives it; its completions end before this does
  explicit watched_ownership_log(ownership_log& inner) : inner_(inner) {}

  /// As the last renewal that was answered showed them; none before the first.
  std::vector<cluster_node> nodes() const;
  /// The name of the node that owns the shard under a standing lease, by the rows as they are now; empty: nobody does,
  /// or a node whose name no renewal has shown yet.
  void owner_of(shard_id shard, completion<std::string> done);

  void renew(node_identity node, lease_wish wish, completion<lease_renewal> done) override;
  void survey(completion<std::vector<shard_row>> done) override;
  void departed(completion<std::vector<shard_id>> done) override;
  void claim(node_identity node, std::vector<shard_claim> claims, completion<std::vector<claimed_shard>> done) override;
  void yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) override;
  void release(node_identity node, completion<std::size_t> done) override;

private:
  std::string name_of(const std::string& incarnation) const;

  ownership_log& inner_;
  mutable std::mutex mutex_;
  std::vector<cluster_node> nodes_;  // guarded by mutex_
};

}  // namespace parley
