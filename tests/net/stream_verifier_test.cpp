#include "net/session/stream_verifier.hpp"

#include "net/codec/json_encoder.hpp"

#include "tests/net/given.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

namespace {

bool given_all(stream_verifier& judge, const server_body& body) {
  const auto marks = marks_of(server_message{0, body});
  REQUIRE(marks);
  bool is_fine = true;
  for (const auto& mark : *marks) is_fine = judge.given(mark) && is_fine;
  return is_fine;
}

push::batch batch(std::uint64_t before, std::uint64_t first, std::uint64_t last) {
  return {"r", seq{before}, push::phase::live, given::messages(first, last)};
}

stream_verifier joined_at(std::uint64_t number) {
  stream_verifier judge;
  CHECK(given_all(judge, reply::joined{"r", given::at(90), given::at(number), std::nullopt}));
  return judge;
}

}  // namespace

TEST_CASE("a stream that goes up by one from its start is whole", "[net][verifier][G3]") {
  auto judge = joined_at(4);
  CHECK(given_all(judge, batch(4, 5, 7)));
  CHECK(given_all(judge, push::live{"r", given::at(7)}));
  CHECK(judge.given_batch("r", seq{7}, seq{8}));
  CHECK(*judge.reached("r") == seq{8});
}

TEST_CASE("a hole, a repeat, a wrong start and a hole inside a batch are violations", "[net][verifier][G3]") {
  auto hole = joined_at(4);
  CHECK_FALSE(given_all(hole, batch(5, 6, 7)));
  auto repeat = joined_at(4);
  CHECK(given_all(repeat, batch(4, 5, 5)));
  CHECK_FALSE(given_all(repeat, batch(4, 5, 5)));
  auto inside = joined_at(4);
  CHECK_FALSE(given_all(inside, batch(4, 6, 7)));
  auto early = joined_at(4);
  CHECK_FALSE(given_all(early, push::live{"r", given::at(3)}));
}

TEST_CASE("a reset after a join that was live at once is no violation", "[net][verifier][G3][G8]") {
  auto judge = joined_at(90);
  CHECK(given_all(judge, push::live{"r", given::at(90)}));
  CHECK(given_all(judge, push::gap{"r", seq{34}, given::at(33), push::gap_reason::reset}));
  CHECK(given_all(judge, batch(33, 34, 35)));
}

TEST_CASE("only a gap passes numbers over, and a first gap ends at the start", "[net][verifier][G3][G8]") {
  auto first = joined_at(50);
  CHECK(given_all(first, push::gap{"r", seq{5}, given::at(50), push::gap_reason::jump}));
  CHECK(given_all(first, batch(50, 51, 51)));
  CHECK(given_all(first, push::gap{"r", seq{52}, given::at(60), push::gap_reason::retention}));
  CHECK_FALSE(given_all(first, push::gap{"r", seq{62}, given::at(70), push::gap_reason::retention}));
  auto wrong = joined_at(50);
  CHECK_FALSE(given_all(wrong, push::gap{"r", seq{5}, given::at(49), push::gap_reason::jump}));
  auto back = joined_at(50);
  CHECK(given_all(back, batch(50, 51, 52)));
  CHECK(given_all(back, push::gap{"r", seq{1}, given::at(40, 9), push::gap_reason::reset}));
  CHECK(given_all(back, batch(40, 41, 41)));
}

TEST_CASE("a push of a room that nobody joined, or that was left, is a violation", "[net][verifier][G3]") {
  stream_verifier stranger;
  CHECK_FALSE(given_all(stranger, batch(4, 5, 5)));
  CHECK_FALSE(given_all(stranger, push::live{"r", given::at(5)}));
  auto left = joined_at(4);
  CHECK(given_all(left, reply::left{"r"}));
  CHECK_FALSE(left.given_batch("r", seq{4}, seq{5}));
}

TEST_CASE("a head names what the stream has reached, neither less nor more", "[net][verifier][G3]") {
  auto judge = joined_at(4);
  CHECK(given_all(judge, push::head{"r", given::at(4)}));
  CHECK(given_all(judge, batch(4, 5, 7)));
  CHECK(given_all(judge, push::head{"r", given::at(7)}));
  CHECK_FALSE(given_all(judge, push::head{"r", given::at(6)}));
  CHECK_FALSE(given_all(judge, push::head{"r", given::at(8)}));
  CHECK_FALSE(given_all(judge, push::head{"another", given::at(7)}));
  CHECK(given_all(judge, batch(7, 8, 8)));
}
