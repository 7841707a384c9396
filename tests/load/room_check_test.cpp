#include "loadtest/load/room_check.hpp"

#include <catch2/catch.hpp>

namespace parley::load {
namespace {

std::string rule(const broken& wrong) { return wrong ? wrong.rule : ""; }

/// Seq n, term 7, key 1000 + n, digest n.
std::string shown(room_check& rooms, std::uint64_t seq) {
  return rule(rooms.shown(0, seq, 7, static_cast<event_key>(1000 + seq), seq));
}
room_check::acknowledgement ack(std::uint64_t seq) {
  return {seq, 7, false, static_cast<event_key>(1000 + seq), seq, seq - 1};
}

}  // namespace

TEST_CASE("all who see a seq must see the same event", "[load][room_check]") {
  room_check rooms(1);
  CHECK(shown(rooms, 1).empty());
  CHECK(shown(rooms, 1).empty());
  CHECK_FALSE(rooms.acknowledged(0, ack(1)));
  CHECK(rule(rooms.shown(0, 1, 7, 2001, 1)) == "R4");  // another key
  CHECK(rule(rooms.shown(0, 1, 8, 1001, 1)) == "R4");  // another term
  CHECK(rule(rooms.shown(0, 1, 7, 1001, 9)) == "R4");  // another text
}

TEST_CASE("an ack must be for what was shown at its seq", "[load][room_check]") {
  room_check rooms(1);
  CHECK(shown(rooms, 1).empty());
  auto other = ack(1);
  other.digest = 9;
  CHECK(rule(rooms.acknowledged(0, other)) == "R1");
}

TEST_CASE("two publishes with one seq are found", "[load][room_check]") {
  room_check rooms(1);
  CHECK_FALSE(rooms.acknowledged(0, ack(1)));
  auto again = ack(1);
  again.key = 5000;
  CHECK(rule(rooms.acknowledged(0, again)) == "R1");
}

TEST_CASE("an event without a key of ours was published by nobody", "[load][room_check]") {
  room_check rooms(1);
  CHECK(rule(rooms.shown(0, 1, 7, -1, 1)) == "R4");
}

TEST_CASE("one key has one seq, and nobody repeats", "[load][room_check]") {
  room_check rooms(1);
  CHECK(shown(rooms, 1).empty());
  CHECK(rule(rooms.shown(0, 2, 7, 1001, 1)) == "R6");
  auto repeated = ack(3);
  repeated.is_duplicate = true;
  CHECK(rule(rooms.acknowledged(0, repeated)) == "R6");
}

TEST_CASE("what is asked for after an ack gets a greater seq", "[load][room_check]") {
  room_check rooms(1);
  CHECK_FALSE(rooms.acknowledged(0, ack(5)));
  CHECK(rooms.acked(0) == 5);
  auto late = ack(4);
  late.floor = 5;
  CHECK(rule(rooms.acknowledged(0, late)) == "R8");
}

TEST_CASE("the seqs acknowledged have no hole but for what was left open", "[load][room_check]") {
  room_check rooms(2);
  for (const std::uint64_t seq : {11u, 12u, 14u}) CHECK_FALSE(rooms.acknowledged(0, ack(seq)));
  CHECK(rule(rooms.complete(0)) == "R2");
  rooms.left_open(0);
  CHECK_FALSE(rooms.complete(0));
  CHECK_FALSE(rooms.complete(1));
}

TEST_CASE("only the last events of a room are remembered, and its memory has a bound", "[load][room_check]") {
  room_check rooms(1, 0);
  CHECK(rooms.events_kept() == 8);
  for (std::uint64_t seq = 1; seq <= 20; ++seq) CHECK(shown(rooms, seq).empty());
  CHECK(rule(rooms.shown(0, 13, 7, 1, 1)) == "R4");
  CHECK(rule(rooms.shown(0, 12, 7, 1, 1)).empty());  // too long ago to tell
  CHECK(room_check(1'000'000).events_kept() == 8);
}

}  // namespace parley::load
