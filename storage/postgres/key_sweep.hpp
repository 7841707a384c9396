#pragma once

#include "actors/core/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace parley::postgres {

struct key_sweep_options {
  milliseconds period{60'000};      ///< the longest pause between two looks
  std::uint32_t rounds_period{60};  ///< the whole table is seen once in so many periods
  std::int64_t blocks = 128;        ///< of a look: 1 MiB
  std::int64_t keys_max = 2'000;    ///< removed by a look, some 20 ms
};

/// Which part of the table of dedup keys is looked at next for ended ones, and when. Each look is short, for others
/// wait behind it, and the next one leaves the connection alone for as long as the last one took; so ended keys leave
/// as fast as keys can come. By blocks of the table and not by an index: one in the order of the keys' ends would be a
/// second write for each key, and one of block ranges finds nothing any more once freed space is used again.
/// Sans-I/O; owned by the database's links.
class key_sweep {
public:
  /// @param chance from 0 to 1: where in the table it begins, so that nodes do not look at the same part
  explicit key_sweep(double chance, key_sweep_options options = {}) : options_(options), chance_(chance) {}

  /// The look's first block, and the one behind its last.
  std::int64_t first() const { return at_; }
  std::int64_t end() const { return at_ + options_.blocks; }
  std::int64_t keys_max() const { return options_.keys_max; }

  /// A look was answered. @param keys that it removed; `blocks` the table has
  /// @returns how long to wait before the next one
  milliseconds looked(std::int64_t keys, std::int64_t blocks, milliseconds took) {
    took = std::max(took, milliseconds{1});
    if (keys >= options_.keys_max) return took;  // there may be more
    at_ = knows_size_ ? end() : static_cast<std::int64_t>(chance_ * static_cast<double>(blocks));
    knows_size_ = true;
    if (at_ >= blocks) at_ = 0;
    const auto looks = std::max<std::int64_t>(1, (blocks + options_.blocks - 1) / options_.blocks);
    return std::max(took, std::min(options_.period, options_.period * options_.rounds_period / looks));
  }

private:
  key_sweep_options options_;
  double chance_;
  bool knows_size_ = false;
  std::int64_t at_ = 0;
};

}  // namespace parley::postgres
