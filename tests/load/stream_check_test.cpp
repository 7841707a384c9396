#include "loadtest/load/stream_check.hpp"

#include <catch2/catch.hpp>

namespace parley::load {
namespace {

constexpr position at(std::uint64_t seq, std::uint64_t term = 7) { return {term, seq}; }

std::string rule(const broken& wrong) { return wrong ? wrong.rule : ""; }

/// Joined at 40 of 42 with two events of history, and live.
stream_check live_at_42() {
  stream_check s;
  s.asked(false, 42);
  REQUIRE(rule(s.joined(at(40), at(42), {})).empty());
  REQUIRE(rule(s.batch(40, true)).empty());
  REQUIRE(rule(s.event(41, 7)).empty());
  REQUIRE(rule(s.event(42, 7)).empty());
  REQUIRE(rule(s.live(at(42))).empty());
  return s;
}

/// Lost at 42, and asked for the rest.
stream_check resuming_from_42() {
  auto s = live_at_42();
  s.lost();
  s.asked(true, 42);
  return s;
}

}  // namespace

TEST_CASE("a stream that goes up by one from its start is right", "[load][stream_check][G3]") {
  auto s = live_at_42();
  CHECK_FALSE(s.batch(42, false));
  CHECK_FALSE(s.event(43, 7));
  CHECK_FALSE(s.event(44, 9));
  CHECK_FALSE(s.reached(44));
  CHECK(s.is_live());
}

TEST_CASE("a hole, a repeat and a step back break R3", "[load][stream_check][G3]") {
  const std::uint64_t seq = GENERATE(44, 42, 41);
  auto s = live_at_42();
  const auto wrong = s.event(seq, 7);
  CHECK(rule(wrong) == "R3");
  CHECK(wrong.saw.find(std::to_string(seq)) != std::string::npos);
  // It goes on from what was shown: one mistake is one violation.
  CHECK_FALSE(s.event(seq + 1, 7));
}

TEST_CASE("a batch must say where this reader stands, and in which phase", "[load][stream_check][G3]") {
  CHECK(rule(live_at_42().batch(41, false)) == "R3");
  CHECK(rule(live_at_42().batch(42, true)) == "R3");
  stream_check fresh;
  CHECK(rule(fresh.batch(0, true)) == "R3");
  fresh.asked(false, 0);
  CHECK_FALSE(fresh.joined(at(0, 0), at(3), {}));
  CHECK(rule(fresh.batch(0, false)) == "R3");
}

TEST_CASE("a term that falls breaks R10", "[load][stream_check]") {
  auto s = live_at_42();
  CHECK(rule(s.event(43, 6)) == "R10");
}

TEST_CASE("a head below what was acknowledged before the join was asked for breaks R7", "[load][stream_check][G3]") {
  stream_check s;
  s.asked(false, 43);
  CHECK(rule(s.joined(at(42), at(42), {})) == "R7");
}

TEST_CASE("`live` comes once, where the stream stands, not below the head", "[load][stream_check][G3]") {
  auto s = live_at_42();
  CHECK(rule(s.live(at(42))) == "R3");
  auto early = stream_check();
  early.asked(false, 0);
  CHECK_FALSE(early.joined(at(40), at(42), {}));
  CHECK(rule(early.live(at(40))) == "R3");
  auto elsewhere = stream_check();
  elsewhere.asked(false, 0);
  CHECK_FALSE(elsewhere.joined(at(42), at(42), {}));
  CHECK(rule(elsewhere.live(at(42, 8))) == "R3");
}

TEST_CASE("a slow reader catches up and is live again", "[load][stream_check][G3]") {
  auto s = live_at_42();
  CHECK_FALSE(s.catching_up(at(42)));
  CHECK(rule(s.reached(42)) == "R11");
  CHECK_FALSE(s.batch(42, true));
  CHECK_FALSE(s.event(43, 7));
  CHECK_FALSE(s.live(at(43)));
  CHECK_FALSE(s.reached(43));
  CHECK(rule(s.catching_up(at(42))) == "R3");
}

TEST_CASE("a resume goes on exactly where it stood", "[load][stream_check][G8]") {
  auto s = resuming_from_42();
  CHECK_FALSE(s.joined(at(42), at(44), true));
  CHECK_FALSE(s.batch(42, true));
  auto moved = resuming_from_42();
  CHECK_FALSE(moved.joined(at(43), at(44), true));
  CHECK(rule(moved.batch(43, true)) == "R3");
  auto other_term = resuming_from_42();
  CHECK_FALSE(other_term.joined(at(42, 8), at(44, 8), true));
  CHECK(rule(other_term.live(at(42, 8))) == "R3");
  auto not_found = resuming_from_42();
  CHECK_FALSE(not_found.joined(at(42), at(44), false));
  CHECK(rule(not_found.batch(42, true)) == "R3");
}

TEST_CASE("a retention gap passes numbers over, from where the reader stood", "[load][stream_check][G8]") {
  auto begins = resuming_from_42();
  CHECK_FALSE(begins.joined(at(50), at(60), false));
  CHECK_FALSE(begins.gap(43, at(50), gap_reason::retention));
  CHECK_FALSE(begins.batch(50, true));
  auto later = live_at_42();
  CHECK_FALSE(later.gap(43, at(50), gap_reason::retention));
  CHECK_FALSE(later.event(51, 7));
  CHECK(rule(live_at_42().gap(44, at(50), gap_reason::retention)) == "R3");
  auto elsewhere = resuming_from_42();
  CHECK_FALSE(elsewhere.joined(at(50), at(60), false));
  CHECK(rule(elsewhere.gap(43, at(51), gap_reason::retention)) == "R3");
}

TEST_CASE("a reset breaks R15 unless the run expects failovers, and a jump was never asked for",
          "[load][stream_check]") {
  CHECK(rule(live_at_42().gap(1, at(30, 8), gap_reason::reset)) == "R15");
  CHECK(rule(live_at_42().gap(43, at(50), gap_reason::jump)) == "R3");
  stream_check s(true);
  s.asked(false, 0);
  CHECK_FALSE(s.joined(at(0, 0), at(0, 0), {}));
  CHECK_FALSE(s.live(at(0, 0)));
  CHECK_FALSE(s.gap(1, at(30, 8), gap_reason::reset));
  CHECK_FALSE(s.event(31, 8));
}

TEST_CASE("who ends behind what was acknowledged was not served", "[load][stream_check][G6]") {
  auto s = live_at_42();
  CHECK(rule(s.reached(43)) == "R11");
  s.lost();
  CHECK(rule(s.reached(42)) == "R11");
}

}  // namespace parley::load
