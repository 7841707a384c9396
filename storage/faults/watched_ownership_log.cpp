#include "storage/faults/watched_ownership_log.hpp"

#include <algorithm>
#include <utility>

namespace parley {

std::vector<cluster_node> watched_ownership_log::nodes() const {
  const std::lock_guard lock(mutex_);
  return nodes_;
}

std::string watched_ownership_log::name_of(const std::string& incarnation) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(nodes_, [&](const auto& one) { return one.node.incarnation == incarnation; });
  return found == nodes_.end() ? std::string{} : found->node.name;
}

void watched_ownership_log::owner_of(shard_id shard, completion<std::string> done) {
  inner_.survey([this, shard, done = std::move(done)](result<std::vector<shard_row>> rows) {
    if (rows.has_error()) return done(rows.error());
    const auto row = std::ranges::find(*rows, shard, &shard_row::shard);
    const bool is_owned = row != rows->end() && !row->owner.empty() && row->has_lease;
    done(is_owned ? name_of(row->owner) : std::string{});
  });
}

void watched_ownership_log::renew(node_identity node, lease_wish wish, completion<lease_renewal> done) {
  inner_.renew(std::move(node), std::move(wish), [this, done = std::move(done)](result<lease_renewal> answer) {
    if (answer.has_value()) {
      const std::lock_guard lock(mutex_);
      nodes_ = answer->nodes;
    }
    done(std::move(answer));
  });
}

void watched_ownership_log::survey(completion<std::vector<shard_row>> done) { inner_.survey(std::move(done)); }

void watched_ownership_log::departed(completion<std::vector<shard_id>> done) { inner_.departed(std::move(done)); }

void watched_ownership_log::claim(node_identity node, std::vector<shard_claim> claims,
                                  completion<std::vector<claimed_shard>> done) {
  inner_.claim(std::move(node), std::move(claims), std::move(done));
}

void watched_ownership_log::yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) {
  inner_.yield(std::move(node), std::move(shards), std::move(done));
}

void watched_ownership_log::release(node_identity node, completion<std::size_t> done) {
  inner_.release(std::move(node), std::move(done));
}

}  // namespace parley
