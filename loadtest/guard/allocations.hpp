#pragma once

#include <cstdint>

/// Counts what this program allocates, by `malloc` and all that ends there: `operator new`, and the libraries' own.
/// One thread only.
namespace parley::guard {

struct allocations {
  std::uint64_t count = 0;  ///< a `realloc` is one
  std::uint64_t bytes = 0;  ///< asked for
};

/// From here on, from zero.
void count_allocations();
/// Stops counting.
allocations counted_allocations();

}  // namespace parley::guard
