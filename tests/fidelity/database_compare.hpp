#pragma once

#include "tests/fidelity/database_play.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <set>

namespace parley::fidelity {

using script = std::function<void(database_play&)>;

inline trace played_on(std::unique_ptr<database_stage> stage, const script& what) {
  database_play play(*stage);
  what(play);
  return play.notes();
}

/// For a scenario whose outcome no chance decides: the same in the model, whatever its seed, and in reality.
inline void must_agree(const script& what, std::uint64_t seeds = 20, server which = server::spared) {
  const auto real = played_on(real_database(which), what);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    REQUIRE(played_on(model_database(seed), what) == real);
  }
}

/// For a race: whatever happens in reality, the model does under some seed.
/// @param or_so what reality may make of it: statements of two connections that arrive in the other order
inline void must_be_possible(const script& what, int times = 4, server which = server::spared,
                             const script& or_so = nullptr) {
  constexpr std::uint64_t seeds = 300;
  std::set<trace> known;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    known.insert(played_on(model_database(seed), what));
    if (or_so) known.insert(played_on(model_database(seed), or_so));
  }
  for (int i = 0; i < times; ++i) {
    const auto real = played_on(real_database(which), what);
    CAPTURE(real, known);
    REQUIRE(known.contains(real));
  }
}

}  // namespace parley::fidelity
