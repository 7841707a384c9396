#include "actors/core/write_order.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

server_message acked(std::uint32_t id) { return {id, reply::published{"general", at(1, id), today, false}}; }
server_message failed(std::uint32_t id, refusal_code code) {
  return {id, reply::failed{{code, "", {}}, "general", ""}};
}

std::vector<std::uint32_t> ids_of(const std::vector<server_message>& messages) {
  std::vector<std::uint32_t> ids;
  for (const auto& m : messages) ids.push_back(m.id);
  return ids;
}

using ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("writes of a room are answered in the order in which they were sent", "[core][write_order]") {
  write_order order;
  const auto first = order.sent("general");
  const auto second = order.sent("general");
  const auto third = order.sent("general");
  CHECK(order.waiting() == 3);
  CHECK(order.answered("general", third.number, acked(3)).empty());
  CHECK(order.answered("general", second.number, acked(2)).empty());
  CHECK(ids_of(order.answered("general", first.number, acked(1))) == ids{1, 2, 3});
  CHECK(order.waiting() == 0);
}

TEST_CASE("a room does not wait for another", "[core][write_order]") {
  write_order order;
  order.sent("general");
  const auto other = order.sent("random");
  CHECK(ids_of(order.answered("random", other.number, acked(9))) == ids{9});
}

TEST_CASE("an answer to no write, or a second one, says nothing", "[core][write_order]") {
  write_order order;
  CHECK(order.answered("general", 1, acked(1)).empty());
  const auto first = order.sent("general");
  const auto second = order.sent("general");
  CHECK(order.answered("general", 99, acked(1)).empty());
  CHECK(order.answered("general", second.number, acked(2)).empty());
  CHECK(order.answered("general", second.number, acked(7)).empty());
  CHECK(ids_of(order.answered("general", first.number, acked(1))) == ids{1, 2});
}

TEST_CASE("a failure that breaks the order begins the next round, any other answer does not", "[core][write_order]") {
  const auto code = GENERATE(refusal_code::unavailable, refusal_code::outcome_unknown, refusal_code::internal);
  write_order order;
  const auto first = order.sent("general");
  (void)order.answered("general", first.number, failed(1, refusal_code::bad_request));
  const auto second = order.sent("general");
  CHECK(second.round == first.round);
  (void)order.answered("general", second.number, acked(2));
  const auto third = order.sent("general");
  CHECK(third.round == first.round);
  (void)order.answered("general", third.number, failed(3, code));
  CHECK(order.sent("general").round > third.round);
}

TEST_CASE("what is sent while a write of a failed round waits is behind that one, and fails with it",
          "[core][write_order][G2]") {
  write_order order;
  const auto first = order.sent("general");
  const auto second = order.sent("general");
  (void)order.answered("general", first.number, failed(1, refusal_code::outcome_unknown));
  const auto behind = order.sent("general");
  CHECK(behind.round == first.round);
  (void)order.answered("general", second.number, failed(2, refusal_code::unavailable));
  CHECK(order.sent("general").round == first.round);
}

TEST_CASE("writes that failed together begin one round, once the last of them is answered", "[core][write_order]") {
  write_order order;
  const auto first = order.sent("general");
  const auto second = order.sent("general");
  (void)order.answered("general", first.number, failed(1, refusal_code::outcome_unknown));
  (void)order.answered("general", second.number, failed(2, refusal_code::unavailable));
  const auto next = order.sent("general");
  CHECK(next.round == first.round + 1);
  (void)order.answered("general", next.number, acked(3));
  CHECK(order.sent("general").round == next.round);
}

TEST_CASE("a session that never pauses after a failure is let through after 1,024 writes", "[core][write_order][G9]") {
  write_order order;
  auto waiting = order.sent("general");
  const auto first = waiting.round;
  const auto told = order.sent("general");
  (void)order.answered("general", std::exchange(waiting, told).number, failed(0, refusal_code::unavailable));
  for (std::uint32_t n = 1; n <= 1024; ++n) {
    const auto next = order.sent("general");
    REQUIRE(next.round == first);
    (void)order.answered("general", std::exchange(waiting, next).number, failed(n, refusal_code::unavailable));
  }
  const auto through = order.sent("general");
  CHECK(through.round == first + 1);
  (void)order.answered("general", waiting.number, failed(1025, refusal_code::unavailable));  // of the round before
  CHECK(order.sent("general").round == first + 1);
}

TEST_CASE("however many fail together, nothing sent meanwhile passes those that fail later",
          "[core][write_order][G2]") {
  write_order order;
  std::vector<write_order::place> burst;
  for (int n = 0; n < 1500; ++n) burst.push_back(order.sent("general"));
  for (std::uint32_t n = 0; n < 1400; ++n)
    (void)order.answered("general", burst[n].number, failed(n, refusal_code::unavailable));
  CHECK(order.sent("general").round == burst.back().round);
}

TEST_CASE("the next round begins when the failure is said, not when it is known", "[core][write_order]") {
  write_order order;
  const auto first = order.sent("general");
  const auto second = order.sent("general");
  (void)order.answered("general", second.number, failed(2, refusal_code::unavailable));
  const auto behind = order.sent("general");
  CHECK(behind.round == second.round);  // the client has not heard of it
  (void)order.answered("general", behind.number, failed(3, refusal_code::unavailable));
  CHECK(ids_of(order.answered("general", first.number, acked(1))) == ids{1, 2, 3});
  CHECK(order.sent("general").round > second.round);
}

TEST_CASE("another room's failure does not move a room's round while its writes wait", "[core][write_order]") {
  write_order order;
  const auto waiting = order.sent("general");
  const auto other = order.sent("random");
  (void)order.answered("random", other.number, failed(2, refusal_code::unavailable));
  const auto behind = order.sent("general");
  CHECK(behind.round == waiting.round);
  (void)order.answered("general", waiting.number, failed(1, refusal_code::unavailable));
  (void)order.answered("general", behind.number, failed(3, refusal_code::unavailable));
  const auto after = order.sent("general");
  CHECK(after.round > waiting.round);
  CHECK(order.sent("random").round > other.round);
}

}  // namespace parley::testing
