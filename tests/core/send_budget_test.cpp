#include "actors/core/send_budget.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

const send_budget_options small{100, 10};

}  // namespace

TEST_CASE("a session that is given little is never asked whether it took it", "[core][send_budget]") {
  send_budget b{small};
  CHECK_FALSE(b.sent(9));
  CHECK(b.has_room());
}

TEST_CASE("what is sent past the bound waits until the socket has taken what came before", "[core][send_budget][G9]") {
  send_budget b{small};
  CHECK(b.sent(60));
  CHECK(b.has_room());
  CHECK_FALSE(b.sent(40));  // one question at a time
  CHECK_FALSE(b.has_room());
  CHECK(b.drained());  // of the first 60: 40 may still wait
  CHECK(b.has_room());
  CHECK_FALSE(b.drained());
  CHECK(b.has_room());
}

TEST_CASE("what little was sent after a question counts on", "[core][send_budget]") {
  send_budget b{small};
  CHECK(b.sent(100));
  CHECK_FALSE(b.sent(9));
  CHECK_FALSE(b.drained());
  CHECK(b.sent(1));
}

}  // namespace parley::testing
