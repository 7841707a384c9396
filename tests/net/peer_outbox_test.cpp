#include "net/peer/peer_outbox.hpp"

#include "net/peer/peer_codec.hpp"
#include "tests/net/given_peer.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;
using verdict = peer_outbox::verdict;

TEST_CASE("one sender of a burst is told to wake the writer", "[net][peer]") {
  peer_outbox box{1'000'000, 100, 100'000};
  box.open();
  CHECK(box.push(given::publish(1)) == verdict::queued);  // awake until it found nothing
  std::deque<peer::item> taken;
  REQUIRE(box.take(taken));
  CHECK_FALSE(box.take(taken));
  CHECK(box.push(given::publish(2)) == verdict::wake);
  CHECK(box.push(given::publish(3)) == verdict::queued);
  REQUIRE(box.take(taken));
  CHECK(taken.size() == 3);
  CHECK(given::request_of(taken.back()) == 3);
}

TEST_CASE("nothing is queued for a link that is not open, or not any more", "[net][peer]") {
  peer_outbox box{1'000'000, 100, 100'000};
  CHECK(box.push(given::publish(1)) == verdict::refused);
  box.open();
  CHECK(box.push(given::publish(2)) != verdict::refused);
  box.shut();
  CHECK(box.push(given::publish(3)) == verdict::refused);
  std::deque<peer::item> taken;
  CHECK_FALSE(box.take(taken));
}

TEST_CASE("items count until they are written, by number and by bytes", "[net][peer][G9]") {
  peer_outbox few{1'000'000, 2, 100'000};
  few.open();
  few.push(given::publish(1)), few.push(given::publish(2));
  CHECK(few.push(given::publish(3)) == verdict::refused);
  std::deque<peer::item> taken;
  REQUIRE(few.take(taken));
  CHECK(few.push(given::publish(3)) == verdict::refused);
  few.written(encoded_bytes_max(taken.front()), 1);
  CHECK(few.push(given::publish(3)) != verdict::refused);

  const auto cost = encoded_bytes_max(given::publish(1));
  peer_outbox narrow{2 * cost, 100, 100'000};
  narrow.open();
  narrow.push(given::publish(1)), narrow.push(given::publish(2));
  CHECK(narrow.push(given::publish(3)) == verdict::refused);
  narrow.written(cost, 1);
  CHECK(narrow.push(given::publish(3)) != verdict::refused);
}

TEST_CASE("an item that fits no frame is refused", "[net][peer][G9]") {
  peer_outbox box{1'000'000, 100, 10'000};
  box.open();
  CHECK(box.push(given::publish(1, std::string(10'001, 'x'))) == verdict::refused);
  CHECK(box.push(given::publish(1, std::string(9'000, 'x'))) != verdict::refused);
}
