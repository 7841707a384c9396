#pragma once

#include "storage/redis/endpoint_links.hpp"
#include "storage/redis/key_slot.hpp"

#include <array>
#include <memory>
#include <mutex>

namespace parley {

/// Where publishers' threads look up a slot's master, which the links' strand decides.
class slot_routes {
public:
  /// @returns null: nobody has it, or nobody knows who
  std::shared_ptr<endpoint_links> of(key_slot slot) const {
    std::lock_guard lock(mutex_);
    return routes_[slot.value];
  }
  /// @param last  included
  void set(key_slot first, key_slot last, const std::shared_ptr<endpoint_links>& to) {
    std::lock_guard lock(mutex_);
    for (std::size_t i = first.value; i <= last.value; ++i) routes_[i] = to;
  }
  void clear() { set(key_slot{0}, key_slot{key_slots - 1}, nullptr); }

private:
  mutable std::mutex mutex_;
  std::array<std::shared_ptr<endpoint_links>, key_slots> routes_;
};

}  // namespace parley
