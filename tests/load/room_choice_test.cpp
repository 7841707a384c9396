#include "loadtest/load/room_choice.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace parley::load {

TEST_CASE("uniform rooms come in turn", "[load][room_choice]") {
  auto rooms = room_choice::uniform(3);
  std::vector<std::size_t> got;
  for (int n = 0; n < 7; ++n) got.push_back(rooms.next());
  CHECK(got == std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0});
}

TEST_CASE("a Zipf room is as likely as one by its rank", "[load][room_choice]") {
  const auto exponent = GENERATE(0.5, 1.0, 1.5);
  CAPTURE(exponent);
  constexpr int draws = 200'000;
  constexpr std::size_t rooms = 50;
  auto choice = room_choice::zipf(rooms, exponent, 11);
  std::vector<int> found(rooms);
  for (int n = 0; n < draws; ++n) ++found[choice.next()];
  double sum = 0;
  for (std::size_t n = 0; n < rooms; ++n) sum += std::pow(static_cast<double>(n + 1), -exponent);
  for (std::size_t n = 0; n < rooms; ++n) {
    CAPTURE(n);
    const double expected = draws * std::pow(static_cast<double>(n + 1), -exponent) / sum;
    CHECK(std::abs(found[n] - expected) < 6 * std::sqrt(expected) + 1);
  }
}

TEST_CASE("the same seed draws the same rooms", "[load][room_choice]") {
  auto one = room_choice::zipf(1000, 1, 5), same = room_choice::zipf(1000, 1, 5), other = room_choice::zipf(1000, 1, 6);
  bool is_other = false;
  for (int n = 0; n < 100; ++n) {
    const auto room = one.next();
    CHECK(same.next() == room);
    is_other = is_other || other.next() != room;
  }
  CHECK(is_other);
}

}  // namespace parley::load
