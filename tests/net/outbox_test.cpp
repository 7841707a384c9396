#include "net/session/outbox.hpp"

#include "tests/net/given.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

namespace {

live_frame_ptr frame_of(const room_ref& room, std::uint64_t number, std::size_t text_bytes = 10) {
  return std::make_shared<live_frame>(room, given::at(number - 1),
                                      given::messages(number, number, std::string(text_bytes, 'x')));
}

block text(std::string bytes) { return std::make_shared<const std::string>(std::move(bytes)); }

/// What a socket that takes `bytes` would get next.
std::string take(outbox& from, std::size_t bytes) {
  std::string out;
  const auto next = from.gather(1 << 20);
  for (const auto& buffer : next.buffers()) out.append(static_cast<const char*>(buffer.data()), buffer.size());
  out.resize(std::min(out.size(), bytes));
  from.consumed(out.size(), [](const stream_marks*, const live_frame*) {});
  return out;
}

std::string take_all(outbox& from) {
  std::string out;
  while (!from.is_empty()) out += take(from, 1 << 20);
  return out;
}

}  // namespace

TEST_CASE("what waits is gathered in order for one write, and partial writes go on where they stopped",
          "[net][outbox]") {
  outbox waiting;
  waiting.push(text("one"));
  waiting.push(text("two"));
  waiting.push(text("three"));
  CHECK(waiting.gather(1 << 20).size() == 3);
  CHECK(take(waiting, 4) == "onet");
  CHECK(take(waiting, 4) == "woth");
  CHECK(take_all(waiting) == "ree");
  CHECK(waiting.bytes() == 0);
}

TEST_CASE("a full outbox drops its live batches and goes back to the last position given", "[net][outbox][G9]") {
  const auto room = given::room("a");
  const auto other = given::room("b");
  const std::size_t one = frame_of(room, 1)->bytes(wire_form::ws_json).size();
  outbox waiting({.live_bytes_max = 3 * one});
  REQUIRE(waiting.push_live(frame_of(room, 1), wire_form::ws_json));
  REQUIRE(waiting.push_live(frame_of(room, 2), wire_form::ws_json));
  waiting.push(text("reply"));
  REQUIRE(waiting.push_live(frame_of(other, 9), wire_form::ws_json));
  CHECK_FALSE(waiting.push_live(frame_of(room, 3), wire_form::ws_json));
  REQUIRE(take(waiting, one / 2).size() == one / 2);  // the socket has begun event 1

  const auto fallen = waiting.drop_live();
  REQUIRE(fallen.size() == 2);
  CHECK(fallen[0].room == room);
  CHECK(fallen[0].at == given::at(1));
  CHECK(fallen[1].room == other);
  CHECK(fallen[1].at == given::at(8));
  CHECK(waiting.live_bytes() == 0);
  const std::string rest = take_all(waiting);
  CHECK(rest.size() == one - one / 2 + 5);
  CHECK(rest.ends_with("reply"));
}

TEST_CASE("a live batch larger than the bound fits where none waits", "[net][outbox][G9]") {
  outbox waiting({.live_bytes_max = 100});
  const auto room = given::room("a");
  CHECK(waiting.push_live(frame_of(room, 1, 5'000), wire_form::ws_json));
  CHECK_FALSE(waiting.push_live(frame_of(room, 2), wire_form::ws_json));
  take_all(waiting);
  CHECK(waiting.push_live(frame_of(room, 2), wire_form::ws_json));
}

TEST_CASE("what waits of a row that left the table is kept, and of a room that was left is dropped",
          "[net][outbox][G3]") {
  outbox waiting;
  const auto pinned = given::room("a");
  const auto left = given::room("b");
  REQUIRE(waiting.push_live(frame_of(pinned, 1), wire_form::ws_json));
  REQUIRE(waiting.push_live(frame_of(left, 1), wire_form::ws_json));
  waiting.pin(*pinned);
  waiting.drop_live(*left);
  CHECK(waiting.drop_live().empty());
  CHECK(take_all(waiting) == frame_of(pinned, 1)->bytes(wire_form::ws_json));
}

TEST_CASE("a token is due once what waited before it is written, but for the low-water mark", "[net][outbox][G9]") {
  outbox waiting({.low_water_bytes = 10});
  waiting.push(text(std::string(100, 'x')));
  waiting.watch(1);
  waiting.push(text(std::string(100, 'x')));
  waiting.watch(2);
  take(waiting, 89);
  CHECK_FALSE(waiting.has_due());
  take(waiting, 1);
  CHECK(waiting.due() == std::vector<std::uint32_t>{1});
  CHECK(waiting.due().empty());
  take_all(waiting);
  CHECK(waiting.due() == std::vector<std::uint32_t>{2});
}

TEST_CASE("every block given to the socket is told of once, in order", "[net][outbox][G3]") {
  outbox waiting;
  const auto room = given::room("a");
  const auto first = frame_of(room, 1), second = frame_of(room, 2);
  REQUIRE(waiting.push_live(first, wire_form::ws_json));
  waiting.push(text("reply"));
  REQUIRE(waiting.push_live(second, wire_form::ws_json));
  std::vector<const live_frame*> told;
  while (!waiting.is_empty())
    waiting.consumed(1, [&](const stream_marks*, const live_frame* live) { told.push_back(live); });
  CHECK(told == std::vector<const live_frame*>{first.get(), nullptr, second.get()});
}

TEST_CASE("past the hard bound an outbox says so", "[net][outbox][G9]") {
  outbox waiting({.bytes_max = 100});
  waiting.push(text(std::string(100, 'x')));
  CHECK_FALSE(waiting.is_past_bound());
  waiting.push(text("x"));
  CHECK(waiting.is_past_bound());
}
