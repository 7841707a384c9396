#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/mutant.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace parley {

/// One shard on one node, as its owner: under which term it takes writes, and when it may answer for a head. Sans-I/O;
/// owned by the shard actor.
class shard_tenure {
public:
  /// @param lease_era in which the shard was claimed
  /// @returns false: a write was given back under this term, and those behind it would pass it (C16)
  [[nodiscard]] bool open(term under, std::uint64_t lease_era) {
    if (under <= given_back_) return false;
    under_ = under;
    lease_era_ = lease_era;
    is_handing_over_ = false;
    return true;
  }
  void close() {
    under_.reset();
    is_handing_over_ = false;
  }
  /// Another node may own it before this one hears that it was given back: from now on neither write nor head (G3, G7).
  void hand_over() { is_handing_over_ = true; }

  /// A write that was sent to the owner of this term. What is not taken must be given back.
  bool takes(term sent_under) const {
    return under_ == sent_under && (!is_handing_over_ || is_on(mutant::write_after_hand_over));
  }
  void gave_back(term sent_under) { given_back_ = std::max(given_back_, sent_under); }

  /// For the head of a room, without a look into storage.
  /// @param is_lease_valid  now, and since `lease_era` without a break
  bool may_answer(bool is_lease_valid) const {
    if (!under_) return false;
    if (is_on(mutant::head_word_without_lease)) return true;
    if (is_handing_over_ && !is_on(mutant::head_word_after_hand_over)) return false;
    return is_lease_valid;
  }

  const std::optional<term>& under() const { return under_; }
  std::uint64_t lease_era() const { return lease_era_; }
  bool is_handing_over() const { return is_handing_over_; }

private:
  std::optional<term> under_;
  std::uint64_t lease_era_ = 0;
  bool is_handing_over_ = false;
  term given_back_;  ///< the largest term that a write was given back under: none is taken under it
};

}  // namespace parley
