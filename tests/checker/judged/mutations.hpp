#pragma once

#include "tests/checker/judged/tape.hpp"

#include <set>
#include <span>

namespace parley::checker::judged {

/// One way to spoil a good history.
struct mutation {
  const char* name;
  /// At least one of these must be among the broken rules; 0 is "malformed": the recorder contradicts itself.
  std::set<int> rules;
  /// False where this history has nothing of the kind to spoil.
  bool (*spoil)(tape&, chance&);
};

std::span<const mutation> mutations_of_the_log();
std::span<const mutation> mutations_of_streams();
std::span<const mutation> mutations_of_the_run();

}  // namespace parley::checker::judged
