#include "tests/checker/describe.hpp"
#include "tests/checker/judge.hpp"
#include "tests/checker/judged/world.hpp"
#include "tests/checker/read_history.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace parley::checker;
using judged::world;

TEST_CASE("ten thousand clean histories raise no alarm", "[checker]") {
  std::map<std::string, std::uint64_t> met;
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    const auto history = world{seed}.take();
    const auto reached = judge(history);
    if (reached.outcome != outcome::valid) {
      CAPTURE(seed, describe(history, reached));
      REQUIRE(reached.outcome == outcome::valid);
    }
    for (const auto& [what, times] : reached.counts) met[what] += times;
  }
  // Silence proves something only where all of this has happened.
  for (const auto* what : {"acks", "refused", "open", "duplicates", "open_resolved", "resumes", "catching_up",
                           "gap:retention", "gap:jump", "gap:reset", "lost_tails", "term_changes", "cuts"}) {
    CAPTURE(what);
    CHECK(met[what] > 1000);
  }
}

TEST_CASE("a history is the same after it was written and read", "[checker]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const auto history = world{seed}.take();
    std::ostringstream first, second;
    write_history(history, first);
    const auto again = read_history(first.str());
    if (!again) FAIL("line " << again.error().line << ": " << again.error().what);
    write_history(*again, second);
    REQUIRE(first.str() == second.str());
    REQUIRE(judge(*again).outcome == outcome::valid);
  }
}
