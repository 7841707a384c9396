#include "tests/core/writer_world.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

TEST_CASE("whatever storage answers, each publish is stored at most once, in order, and its sender is told the truth",
          "[core][property][G1][G2][G5][G7]") {
  const auto seed = GENERATE(take(250, random<std::uint64_t>(1, 1ull << 60)));
  CAPTURE(seed);
  writer_world world{seed};
  world.run();
  CHECK(world.violation() == "");
}

TEST_CASE("the publishes that the property runs meet every answer that storage can give", "[core][property]") {
  writer_tally all;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    writer_world world{seed};
    world.run();
    REQUIRE(world.violation() == "");
    all += world.tally();
  }
  CHECK(all.acked > 3000);
  CHECK(all.grouped > 500);
  CHECK(all.duplicates > 50);
  CHECK(all.unknown > 100);
  CHECK(all.not_stored > 100);
  CHECK(all.refused > 20);
  CHECK(all.locked > 100);
  CHECK(all.held > 100);
  CHECK(all.unavailable > 100);
  CHECK(all.recovered_stored > 5);
  CHECK(all.recoveries_repeated > 10);
  CHECK(all.late_statements > 100);
  CHECK(all.step_downs > 10);
}

}  // namespace parley::testing
