#pragma once

#include "tests/exhaustive/plan.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace parley::exhaustive {

struct limits {
  unsigned depth = 14;                ///< steps
  std::uint64_t states = 50'000'000;  ///< different ones
  std::chrono::seconds time = std::chrono::seconds{24 * 3600};
};

struct report {
  std::uint64_t states = 0;  ///< different ones
  std::uint64_t steps = 0;   ///< tried
  std::uint64_t ends = 0;    ///< worlds that were finished and judged
  unsigned deepest = 0;
  bool is_whole = true;   ///< no world was left off because of a limit other than depth
  bool is_closed = true;  ///< nor because of depth: every order there is was tried
  std::string violation;
  std::vector<std::string> trace;  ///< the steps that lead to it
};

/// Every order of steps up to a depth; worlds that were met before with as many steps to go are not gone through again.
/// Ends at the first violation.
report explore(const plan& p, const limits& l);

/// The same violation by the fewest steps, or any other by fewer.
report shortest(const plan& p, limits l);

}  // namespace parley::exhaustive
