#pragma once

#include "actors/ports/event_log.hpp"
#include "actors/ports/ownership_log.hpp"

#include <cstdint>
#include <memory>

namespace parley::contract {

struct store_wishes {
  std::uint32_t shards = 8;
  seconds dedup_window{86400};
  bool checked = true;
};

/// One database under test, seen through one node's adapter.
class store {
public:
  virtual ~store() = default;
  virtual event_log& events() = 0;
  virtual ownership_log& ownership() = 0;
  /// The adapter goes, as with its process, and another one opens the same database.
  virtual void reopen() = 0;
};

/// A fresh, empty database. Each adapter's test program defines it.
std::unique_ptr<store> make_store(store_wishes wishes = {});

}  // namespace parley::contract
