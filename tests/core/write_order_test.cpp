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

TEST_CASE("writes that failed together begin one round", "[core][write_order]") {
  write_order order;
  const auto first = order.sent("general");
  const auto second = order.sent("general");
  const auto third = order.sent("general");
  (void)order.answered("general", first.number, failed(1, refusal_code::outcome_unknown));
  const auto repeated = order.sent("general");
  (void)order.answered("general", second.number, failed(2, refusal_code::unavailable));
  CHECK(order.sent("general").round == repeated.round);
  CHECK(repeated.round > third.round);
}

TEST_CASE("the next round begins when the failure is said, not when it is known", "[core][write_order]") {
  write_order order;
  const auto first = order.sent("general");
  const auto second = order.sent("general");
  (void)order.answered("general", second.number, failed(2, refusal_code::unavailable));
  CHECK(order.sent("general").round == second.round);  // the client has not heard of it: behind it, and fails too
  CHECK(ids_of(order.answered("general", first.number, acked(1))) == ids{1, 2});
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
