#include "tests/checker/describe.hpp"
#include "tests/checker/judge.hpp"
#include "tests/checker/judged/mutations.hpp"
#include "tests/checker/judged/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>

using namespace parley::checker;
using namespace parley::checker::judged;

namespace {

std::vector<mutation> every_mutation() {
  std::vector<mutation> all;
  for (const auto part : {mutations_of_the_log(), mutations_of_streams(), mutations_of_the_run()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

bool is_flagged(const mutation& spoilt, const verdict& reached) {
  if (spoilt.rules.contains(0)) return reached.outcome == outcome::malformed;
  const auto broken = reached.rules_broken();
  return reached.outcome == outcome::invalid &&
         std::any_of(spoilt.rules.begin(), spoilt.rules.end(), [&](int rule) { return broken.contains(rule); });
}

}  // namespace

TEST_CASE("ten thousand mutated histories are flagged, each by the right rule", "[checker]") {
  const auto all = every_mutation();
  std::vector<std::size_t> applied(all.size());
  std::map<std::string, std::string> missed;  // the first of each mutation
  std::size_t flagged = 0;
  for (std::uint64_t seed = 0; flagged < 10'000; ++seed) {
    REQUIRE(seed < 20'000);
    tape spoilt{world{seed, 60}.take()};
    chance random{seed};
    // The next that this history has something for, so that a rare one is not the price of a world.
    for (std::size_t n = 0; n < all.size(); ++n) {
      const auto number = (seed + n) % all.size();
      if (!all[number].spoil(spoilt, random)) continue;
      ++applied[number];
      const auto history = spoilt.play();
      const auto reached = judge(history);
      if (!is_flagged(all[number], reached))
        missed.emplace(all[number].name, "seed " + std::to_string(seed) + ": " + describe(history, reached));
      ++flagged;
      break;
    }
  }
  for (const auto& [name, verdict] : missed) FAIL_CHECK(name << ", " << verdict);
  for (std::size_t n = 0; n < all.size(); ++n) {
    CAPTURE(all[n].name);
    CHECK(applied[n] >= 20);
  }
}
