#include "actors/core/pages.hpp"
#include "actors/core/window.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

const std::size_t one = size_bytes(*event_at(1, 1));

/// What is left of events 1 to 5 with room for `count` of them.
std::vector<std::uint64_t> left(std::size_t pivot, std::size_t count) {
  auto events = events_of(1, 1, 5);
  (void)shorten(events, pivot, count * one, size_bytes);
  return seqs_of(events);
}
using seqs = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a page that is too large keeps what lies next to where it was asked for", "[core][pages][G9]") {
  CHECK(left(0, 2) == seqs{1, 2});
  CHECK(left(5, 2) == seqs{4, 5});
  CHECK(left(2, 3) == seqs{2, 3, 4});
  CHECK(left(1, 4) == seqs{1, 2, 3, 4});
  CHECK(left(2, 5) == seqs{1, 2, 3, 4, 5});
}

TEST_CASE("a page never loses its last event, however large", "[core][pages][G3]") {
  CHECK(left(0, 0) == seqs{1});
  CHECK(left(5, 0) == seqs{5});
  CHECK(left(2, 0) == seqs{3});
}

TEST_CASE("a page says at which ends it was shortened", "[core][pages]") {
  auto events = events_of(1, 1, 5);
  const auto fits = shorten(events, 0, 5 * one, size_bytes);
  CHECK((!fits.is_at_front && !fits.is_at_back));
  const auto both = shorten(events, 2, 3 * one, size_bytes);
  CHECK((both.is_at_front && both.is_at_back));
  event_list none;
  const auto nothing = shorten(none, 0, 1, size_bytes);
  CHECK((!nothing.is_at_front && !nothing.is_at_back));
}

TEST_CASE("no event is longer as JSON than six times what it holds", "[core][pages][G9]") {
  event e;
  e.body.text = std::string(1000, '\x01');
  for (int i = 0; i < 100; ++i) e.body.parts.push_back({"a", part::body_kind::content, "\x02"});
  CHECK(json_bytes(e) > 6 * 1000 + 100 * 30);
  CHECK(json_bytes(e) <= json_growth_max * size_bytes(e));
  CHECK(json_bytes(*event_at(1, 1, std::string(1000, 'x'))) < 1300);
}

}  // namespace parley::testing
