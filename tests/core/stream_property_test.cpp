#include "tests/core/stream_world.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

TEST_CASE("whatever is lost, late, doubled or slow, every stream goes up by one and only gaps pass numbers",
          "[core][property][G3][G4][G6][G8][G9]") {
  const auto seed = GENERATE(take(300, random<std::uint64_t>(1, 1ull << 60)));
  CAPTURE(seed);
  stream_world world{seed};
  world.run();
  CHECK(world.violation() == "");
  // Quiet means quiet: the poll once per second, and what it led to; a read that never ends makes a hundred and more.
  CHECK(world.tally().quiet_reads <= 40);
}

TEST_CASE("the streams that the property runs meet every fault that it names", "[core][property]") {
  stream_tally all;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    stream_world world{seed};
    world.run();
    REQUIRE(world.violation() == "");
    all += world.tally();
  }
  CHECK(all.joins > 1000);
  CHECK(all.final_heads > 300);
  CHECK(all.holes_filled > 100);
  CHECK(all.overflows > 50);
  CHECK(all.fallbacks > 50);
  CHECK(all.link_losses > 50);
  CHECK(all.lost_tails > 30);
  CHECK(all.feed_restarts > 10);
  CHECK(all.resets > 30);
  CHECK(all.retention_gaps > 10);
  CHECK(all.jumps > 20);
  CHECK(all.refusals > 0);
  CHECK(all.failed_reads > 100);
}

}  // namespace parley::testing
