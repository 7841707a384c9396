#include "tests/core/given_routes.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
TEST_CASE("writes wait for the shard to open, then go to it in order", "[core][route_book][G2]") {
  route_stage s;
  s.write(1);
  s.write(2);
  CHECK(s.here.empty());
  CHECK(s.looks > 0);
  CHECK_FALSE(s.is_open_here());
  s.opened(5);
  CHECK(s.here == numbers{1, 2});
  CHECK(s.is_open_here());
  CHECK(s.all.open_here(s.write_of(3)) == term{5});
}

TEST_CASE("what a closing shard gives back goes before what arrived meanwhile", "[core][route_book][G2]") {
  route_stage s;
  s.opened(5);
  // 1 and 2 went to it by `open_here`; 3 arrives between their returns.
  s.returned(1, 5);
  CHECK_FALSE(s.is_open_here());
  s.write(3);
  s.returned(2, 5);
  s.seen("them", 6);
  s.link("them");
  CHECK(s.there.empty());  // the former place is not flushed
  s.flushed(5);
  CHECK(s.there == names{"them1", "them2", "them3"});
}

TEST_CASE("nothing goes to a new owner while the former one has unanswered writes", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.link("b");
  s.seen("a", 5);
  s.write(1);
  s.write(2);
  CHECK(s.there == names{"a1", "a2"});
  s.seen("b", 6);
  s.write(3);
  s.stored(0);
  CHECK(s.there.size() == 2);
  s.stored(1);
  CHECK(s.there == names{"a1", "a2", "b3"});
  CHECK(s.answers == words{{1, fine}, {2, fine}});
}

TEST_CASE("a write that its owner hands back waits for the next one, before its followers", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.write(2);
  s.not_owner(0);
  CHECK(s.looks > 0);
  s.seen("a", 5);  // an old survey: it takes none under that term any more
  s.write(3);
  CHECK(s.there.size() == 2);
  s.seen("a", 7);  // the same node, claimed anew
  CHECK(s.there.size() == 2);
  s.not_owner(1);
  CHECK(s.there == names{"a1", "a2", "a1", "a2", "a3"});
  CHECK(s.sent[2].under == term{7});
}

TEST_CASE("an older survey moves nothing back", "[core][route_book][G7]") {
  route_stage s;
  s.link("a");
  s.link("b");
  s.seen("b", 6);
  s.seen("a", 5);
  s.write(1);
  CHECK(s.there == names{"b1"});
}

TEST_CASE("rows that name an earlier term again and again are another history's, and believed",
          "[core][route_book][G7]") {
  route_stage s;
  s.link("a");
  SECTION("an owner elsewhere was lost with its claim") { s.seen("b", 6); }
  SECTION("this node's own claim was") {
    s.opened(6);
    s.flushed(6);
  }
  s.write(1);
  for (int i = 0; i < 4; ++i) {
    s.seen("a", 5);
    CHECK(s.there.empty());
    s.tick(500ms);
  }
  s.seen("a", 5);
  CHECK(s.there == names{"a1"});
}

TEST_CASE("rows do not insist against this node's open shard, nor across a word that agrees",
          "[core][route_book][G7]") {
  route_stage s;
  s.link("a");
  s.link("b");
  SECTION("an open shard") {
    s.opened(6);
    s.seen("a", 5);
    s.tick(2000ms);
    s.seen("a", 5);
    s.write(1);
    CHECK(s.here == numbers{1});
  }
  SECTION("a late survey now and then") {
    s.seen("b", 6);
    s.seen("a", 5);
    s.tick(1000ms);
    s.seen("b", 6);
    s.tick(1000ms);
    s.seen("a", 5);
    s.write(1);
    CHECK(s.there == names{"b1"});
  }
}

TEST_CASE("a shard that opens here under an earlier term than one that is over is open all the same",
          "[core][route_book][G7]") {
  route_stage s;
  s.link("a");
  s.seen("a", 8);
  s.write(1);
  s.not_owner(0);
  s.opened(7);
  CHECK(s.here == numbers{1});
}

TEST_CASE("a shard that opened here under an earlier term stays open when the former owner says that it is none",
          "[core][route_book][G7]") {
  route_stage s;
  s.link("a");
  s.seen("a", 8);
  s.write(1);
  s.opened(7);
  CHECK(s.here.empty());  // the former one has a write unanswered
  s.not_owner(0);
  CHECK(s.here == numbers{1});
  CHECK(s.is_open_here());
}

TEST_CASE("a lost link: writes with keys go again, one without is unknown", "[core][route_book][G5]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  SECTION("with keys, in order, to whoever owns it then") {
    s.write(1);
    s.write(2);
    s.lost("a");
    CHECK(s.answers.empty());
    CHECK(s.dials == 1);
    s.link("a");
    CHECK(s.there == names{"a1", "a2", "a1", "a2"});
    s.stored(0);  // a late answer of the lost link says nothing
    CHECK(s.answers.empty());
  }
  SECTION("without: it, and what its session sent behind it, fail") {
    s.write(1, "");
    s.write(2);
    s.lost("a");
    CHECK(s.answers.front() == std::pair{std::uint64_t{1}, unknown});
    CHECK(s.answers.back() == std::pair{std::uint64_t{2}, unknown});  // it may be stored, too
    s.write(3);
    CHECK(s.answers.back() == std::pair{std::uint64_t{3}, away});
    s.write(4, "k", 1);  // sent after the session heard of it
    s.link("a");
    CHECK(s.there == names{"a1", "a2", "a4"});
  }
}

TEST_CASE("a failure at the owner stops what waits behind it", "[core][route_book][G2]") {
  for (const auto why : {away, unknown, refusal_code::internal}) {
    route_stage s;
    s.link("a");
    s.seen("a", 5);
    s.write(1);
    s.write(2);
    s.seen("b", 6);
    s.write(3);
    s.failed(0, why);
    s.not_owner(1);
    s.link("b");
    CHECK(s.answers == words{{1, why}, {3, away}, {2, away}});  // 3 waited behind it, 2 came back
    CHECK(s.there.size() == 2);
  }
}

TEST_CASE("what waits behind a failure fails with it, not when its own turn comes", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.not_owner(0);
  s.write(2);          // both wait for an owner
  s.write(3, "k", 7);  // of a later round
  book::effects out;
  s.all.order_broken(shard, session_id{1}, 0, s.now, out);
  s.note(std::move(out));
  CHECK(s.answers == words{{1, away}, {2, away}});
  CHECK(s.all.waiting() == 1);
}

TEST_CASE("an answer that breaks no order stops nobody", "[core][route_book]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.failed(0, refusal_code::idempotency_mismatch);
  s.write(2);
  CHECK(s.there == names{"a1", "a2"});
}

TEST_CASE("what the shard's rooms failed here stops the session's later writes at the next owner",
          "[core][route_book][G2]") {
  route_stage s;
  s.opened(5);
  book::effects none;
  s.all.order_broken(shard, session_id{1}, 0, s.now, none);
  s.returned(2, 5);
  s.flushed(5);
  s.seen("a", 6);
  s.link("a");
  CHECK(s.answers == words{{2, away}});
  s.write(3, "k", 1);
  CHECK(s.there == names{"a3"});
}

TEST_CASE("nobody owns the shard for too long: refused, and nothing is stored", "[core][route_book][G7][G9]") {
  route_stage s;
  s.write(1);
  s.tick(4999ms);
  CHECK(s.answers.empty());
  CHECK(s.all.is_busy());
  s.tick(1ms);
  CHECK(s.answers == words{{1, away}});
  CHECK_FALSE(s.all.is_busy());
  CHECK(s.all.has_failures());
  s.tick(61s);
  CHECK_FALSE(s.all.has_failures());
}

TEST_CASE("a write that was lost once is never called unstored", "[core][route_book][G1]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.lost("a");
  s.tick(5000ms);
  CHECK(s.answers == words{{1, unknown}});
}

TEST_CASE("what the next owner refuses may be stored all the same, if an earlier sending of it was lost",
          "[core][route_book][G1]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.lost("a");
  s.link("a");
  s.failed(1, away);
  CHECK(s.answers == words{{1, unknown}});
}

TEST_CASE("an owner that does not answer makes it unknown in the end", "[core][route_book][G1][G9]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.tick(6999ms);
  CHECK(s.answers.empty());
  s.tick(1ms);
  CHECK(s.answers == words{{1, unknown}});
}

TEST_CASE("behind a write that is given up, none of its session's is told as stored", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.tick(3000ms);
  s.write(2);
  s.tick(4000ms);
  CHECK(s.answers == words{{1, unknown}, {2, unknown}});
  s.stored(1);
  CHECK(s.answers.size() == 2);
}

TEST_CASE("a full link holds the shard's writes up until the next tick, in order", "[core][route_book][G2][G9]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  book::effects none;
  s.all.unsent(s.sent[0].request, s.now, none);
  CHECK(none.empty());
  s.write(2);
  CHECK(s.there == names{"a1"});
  s.tick(50ms);
  CHECK(s.there == names{"a1", "a1", "a2"});
}

TEST_CASE("the queues are bounded", "[core][route_book][G9]") {
  route_stage s;
  SECTION("of those who wait for an owner") {
    for (std::uint64_t n = 1; n <= 4; ++n) s.write(n);
    s.write(5);
    CHECK(s.answers == words{{5, away}});
    CHECK(s.all.waiting() == 4);
  }
  SECTION("of those without an answer: the next ones wait") {
    s.link("a");
    s.seen("a", 5);
    for (std::uint64_t n = 1; n <= 9; ++n) s.write(n);
    CHECK(s.there.size() == 8);
    s.stored(0);
    s.tick(50ms);
    CHECK(s.there.size() == 9);
  }
}

TEST_CASE("a head question goes elsewhere only to an owner that can be asked", "[core][route_book][G3]") {
  route_stage s;
  CHECK(s.all.asked_elsewhere(shard) == nullptr);
  s.seen("a", 5);
  CHECK(s.all.asked_elsewhere(shard) == nullptr);
  s.link("a");
  REQUIRE(s.all.asked_elsewhere(shard) != nullptr);
  CHECK(*s.all.asked_elsewhere(shard) == "a");
  s.opened(6);
  CHECK(s.all.asked_elsewhere(shard) == nullptr);
}

}  // namespace parley::testing
