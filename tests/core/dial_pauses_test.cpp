#include "actors/core/dial_pauses.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

const dial_pauses_options small{milliseconds{50}, milliseconds{150}};
const instant start = instant{} + milliseconds{1'000};

/// How long after a failure at `now` the node is left alone.
milliseconds pause_after_failure(dial_pauses& p, instant now) {
  p.ended("n1", now);
  milliseconds waited{};
  while (!p.may_dial("n1", now + waited)) ++waited;
  return waited;
}

}  // namespace

TEST_CASE("a node that never failed is dialled at once", "[core][dial_pauses]") {
  CHECK(dial_pauses{small}.may_dial("n1", start));
}

TEST_CASE("pauses double with each failure, up to the longest", "[core][dial_pauses]") {
  dial_pauses p{small};
  CHECK(pause_after_failure(p, start) == milliseconds{50});
  CHECK(pause_after_failure(p, start) == milliseconds{100});
  CHECK(pause_after_failure(p, start) == milliseconds{150});
  CHECK(pause_after_failure(p, start) == milliseconds{150});
}

TEST_CASE("a link that opens ends the pause and its growth", "[core][dial_pauses]") {
  dial_pauses p{small};
  (void)pause_after_failure(p, start);
  (void)pause_after_failure(p, start);
  p.opened("n1");
  CHECK(p.may_dial("n1", start));
  CHECK(pause_after_failure(p, start) == milliseconds{50});
}

TEST_CASE("one node's failures keep nobody from another", "[core][dial_pauses]") {
  dial_pauses p{small};
  p.ended("n1", start);
  CHECK(p.may_dial("n2", start));
}

TEST_CASE("a node that is gone is forgotten", "[core][dial_pauses][G9]") {
  dial_pauses p{small};
  p.ended("n1", start);
  p.ended("n2", start);
  p.keep_only([](const std::string& incarnation) { return incarnation == "n2"; });
  CHECK(p.may_dial("n1", start));
  CHECK_FALSE(p.may_dial("n2", start));
}

}  // namespace parley::testing
