#include "actors/core/write_gate.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

TEST_CASE("a gate admits everyone who did not fail", "[core][write_gate]") {
  write_gate gate;
  CHECK(gate.admits(session_id{1}, 1));
  gate.failed(session_id{1}, 1, noon);
  CHECK(gate.admits(session_id{2}, 1));
}

TEST_CASE("writes of the round that failed, and of earlier ones, fail too; the next round passes",
          "[core][write_gate]") {
  write_gate gate;
  gate.failed(session_id{1}, 3, noon);
  CHECK_FALSE(gate.admits(session_id{1}, 2));
  CHECK_FALSE(gate.admits(session_id{1}, 3));
  CHECK(gate.admits(session_id{1}, 4));
}

TEST_CASE("an earlier round's late failure opens nothing", "[core][write_gate]") {
  write_gate gate;
  gate.failed(session_id{1}, 5, noon);
  gate.failed(session_id{1}, 3, noon);
  CHECK_FALSE(gate.admits(session_id{1}, 5));
}

TEST_CASE("a failure is forgotten when no write can still be on its way behind it", "[core][write_gate][G9]") {
  write_gate gate;
  gate.failed(session_id{1}, 1, noon);
  gate.failed(session_id{2}, 1, noon + 30s);
  gate.forget_old(noon + 60s);
  CHECK(gate.size() == 2);
  gate.forget_old(noon + 61s);
  CHECK(gate.size() == 1);
  CHECK(gate.admits(session_id{1}, 1));
  CHECK_FALSE(gate.admits(session_id{2}, 1));
}

TEST_CASE("a later failure keeps the gate closed for its own minute", "[core][write_gate]") {
  write_gate gate;
  gate.failed(session_id{1}, 1, noon);
  gate.failed(session_id{1}, 1, noon + 50s);
  gate.forget_old(noon + 70s);
  CHECK_FALSE(gate.admits(session_id{1}, 1));
}

}  // namespace parley::testing
