#include "tests/core/given_feed.hpp"

namespace parley::testing {

TEST_CASE("a room that stands where it stood when its head was last proven says its head", "[core][feed]") {
  given_feed f;
  (void)f.load(1, 5);
  CHECK_FALSE(f.core.head_proven());  // it has not been quiet for a period yet
  CHECK(f.core.head_proven() == at(1, 5));
  (void)f.arrived(at(1, 5), events_of(1, 6, 6));
  CHECK_FALSE(f.core.head_proven());  // its readers have just seen it move
  CHECK(f.core.head_proven() == at(1, 6));
}

TEST_CASE("a room never used says that its head is the beginning", "[core][feed]") {
  given_feed f;
  (void)f.subscribed();
  (void)f.core.newest_answered(asked_newest(f.attach(1)), newest_of({}, {}), f.now);
  (void)f.core.head_proven();
  CHECK(f.core.head_proven() == position{});
}

TEST_CASE("a feed that has reason to doubt its tail says no head", "[core][feed][G4]") {
  given_feed f;
  (void)f.load(1, 5);
  (void)f.core.head_proven();
  SECTION("an event beyond a hole") { (void)f.arrived(at(1, 6), events_of(1, 7, 7)); }
  SECTION("a head that it has not reached") { (void)f.core.head_seen(head_at(at(1, 9)), mark_of(1, 8), f.now); }
  SECTION("a head of a newer term below its own") { (void)f.core.head_seen(head_at(at(2, 4)), mark_of(2, 1), f.now); }
  SECTION("a subscription that came back: what was published meanwhile is unknown") { (void)f.subscribed(); }
  CHECK_FALSE(f.core.head_proven());
}

TEST_CASE("a feed without readers says nothing", "[core][feed]") {
  given_feed f;
  (void)f.load(1, 5);
  (void)f.core.head_proven();
  (void)f.core.detach(first_thread);
  CHECK_FALSE(f.core.head_proven());
}

TEST_CASE("a feed that was not loaded yet has no head to say", "[core][feed]") {
  given_feed f;
  (void)f.attach(1);
  CHECK_FALSE(f.core.head_proven());
}

}  // namespace parley::testing
