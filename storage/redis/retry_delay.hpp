#pragma once

#include "actors/core/time.hpp"

#include <algorithm>

namespace parley {

/// Back-off with full jitter: each delay is drawn from [0, bound], and the bound doubles, so that nodes that lost a
/// server together do not come back together.
class retry_delay {
public:
  retry_delay(milliseconds least, milliseconds most) : least_(least), most_(std::max(least, most)), bound_(least) {}

  /// @param fraction random, from [0, 1)
  milliseconds next(double fraction) {
    const milliseconds drawn{static_cast<milliseconds::rep>(static_cast<double>(bound_.count()) * fraction)};
    bound_ = std::min(bound_ * 2, most_);
    return drawn;
  }
  void succeeded() { bound_ = least_; }

private:
  milliseconds least_, most_, bound_;
};

}  // namespace parley
