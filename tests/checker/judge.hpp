#pragma once

#include "tests/checker/history.hpp"
#include "tests/checker/verdict.hpp"

namespace parley::checker {

struct options {
  /// Counts below these make an otherwise valid history `unknown`; the history's own `minimum` records come on top.
  /// A checker that saw no ack cannot miss a lost one.
  std::map<std::string, std::uint64_t> minima = {
      {"acks", 1}, {"joins", 1}, {"delivered", 1}, {"stored", 1}, {"settled", 1}};
  /// More are counted, not kept: a broken run breaks everything, and nobody reads it all.
  std::size_t findings_per_rule = 20;
};

/// Applies R1 to R15. Linear in the size of the history.
verdict judge(const history& what_happened, const options& chosen = {});

}  // namespace parley::checker
