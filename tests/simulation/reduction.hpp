#pragma once

#include "tests/simulation/plan.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace parley::simulation {

/// A seed's world made smaller: sizes that were lowered, faults that were left out. As text, for a command line and the
/// corpus: `clients=2,messages=5,without:kill node`. Every other chance of the run is the seed's and the salt's.
struct reduction {
  std::map<std::string, std::uint64_t> sizes;
  std::vector<fault> without;
  std::uint64_t salt = 0;  ///< another course of events in the same world

  bool is_none() const { return sizes.empty() && without.empty() && salt == 0; }
  plan apply(plan p) const;
};

std::string to_text(const reduction& r);
/// @returns nothing where the text names no size or fault that there is
std::optional<reduction> reduction_of(std::string_view text);

/// Makes the world of a failing seed smaller, step by step, as long as it fails: without a fault, with fewer clients,
/// rooms, nodes, messages. A smaller world runs another course, so each is tried with some salts.
reduction shrink(const plan& whole, const reduction& from, const std::function<bool(const reduction&)>& fails);

}  // namespace parley::simulation
