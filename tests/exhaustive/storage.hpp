#pragma once

#include "actors/core/pages.hpp"
#include "actors/core/shard_rows.hpp"
#include "tests/core/writer_store.hpp"

#include <array>
#include <vector>

namespace parley::exhaustive {

/// A node's name as an owner.
const std::string& owner_name(std::size_t node);

/// The primary: one shard's row, two lease rows, one room's events and keys. Each statement takes effect at once.
class storage {
public:
  storage(room_ref room, std::size_t stored, milliseconds lease_time);

  result<append_outcome> append(const append_batch& batch, std::uint64_t cause);
  recovered recover(const recover_request& request, std::uint64_t cause);
  lease_renewal renew(std::size_t node, instant now, std::uint64_t cause);
  std::vector<shard_row> survey(instant now) const;
  std::vector<claimed_shard> claim(std::size_t node, const std::vector<shard_claim>& claims, std::uint64_t cause);

  marked_head head() const;
  range_page range(seq after, std::size_t limit) const;
  history_page newest(std::size_t limit) const;

  const event_list& events() const { return rows_.rooms.at(room_->key).events; }
  /// The event at a seq, or null.
  event_ptr at(seq s) const;
  bool is_owner(std::size_t node) const { return row().owner == owner_name(node); }
  const std::string& violation() const { return rows_.violation; }
  /// Equal for two that went through the same changes.
  std::uint64_t version() const { return version_; }

private:
  struct lease_row {
    instant until{};
    std::uint64_t renewals = 0;
  };

  const testing::writer_store::shard_rows& row() const { return rows_.shards.at(room_->shard); }
  template <class Change>
  auto changed(std::uint64_t cause, Change change);

  room_ref room_;
  testing::writer_store rows_;
  milliseconds lease_time_;
  std::array<lease_row, 2> leases_;
  std::uint64_t version_ = 1;
};

}  // namespace parley::exhaustive
