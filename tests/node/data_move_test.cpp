#include "node/ctl/data_move.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

namespace parley::ctl {
namespace {

using enum copy_state;

/// What a step leaves in the rows and the map, as shard_moves.cpp does it.
move_view after(move_step step, move_view now) {
  switch (step) {
    case move_step::begin: now.target = arriving; break;
    case move_step::copy_live: now.source = moved; break;
    case move_step::copy_rest: now.target = live; break;
    case move_step::write_map: now.is_placed = true; break;
    case move_step::done:
    case move_step::conflict: break;
  }
  return now;
}
move_view after(back_step step, move_view now) {
  if (step == back_step::forget) now.target = moved;
  if (step == back_step::thaw) now.source = live;
  return now;
}
bool can_be_claimed(copy_state row) { return row == live || row == unused; }

}  // namespace

TEST_CASE("a row says what a move left in it", "[ctl][move]") {
  CHECK(state_of("", 0, "b") == unused);
  CHECK(state_of("", 7, "b") == live);
  CHECK(state_of("b", 7, "b") == moved);
  CHECK(state_of(arriving_from("b"), 0, "b") == arriving);
  CHECK(state_of("c", 7, "b") == elsewhere);
  CHECK(state_of(arriving_from("c"), 7, "b") == elsewhere);
}

TEST_CASE("each step leads to the next one, whichever was the last before the program died", "[ctl][move][G2]") {
  for (const auto begun : {unused, moved, elsewhere}) {
    move_view view{live, begun, false};
    std::vector<move_step> steps;
    while (next_step(view) != move_step::done) {
      REQUIRE(steps.size() < 10);
      steps.push_back(next_step(view));
      view = after(steps.back(), view);
      // Never two databases in which a node that goes by the map, old or new, could write.
      const bool are_both_open = can_be_claimed(view.source) && view.target == live;
      CHECK_FALSE(are_both_open);
    }
    CHECK(steps == std::vector{move_step::begin, move_step::copy_live, move_step::copy_rest, move_step::write_map});
  }
}

TEST_CASE("a move is taken back from every step before the copy is active, and from none after", "[ctl][move]") {
  for (const auto begun : {move_view{live, arriving, false}, move_view{moved, arriving, false},
                           move_view{moved, moved, false}, move_view{live, moved, false}}) {
    auto view = begun;
    for (int step = 0; next_step_back(view) != back_step::clean; ++step) {
      REQUIRE(step < 4);
      view = after(next_step_back(view), view);
    }
    CHECK(view.source == live);
    CHECK(view.target == moved);  // nobody can activate it
  }
  CHECK(next_step_back({moved, live, false}) == back_step::too_late);
  CHECK(next_step_back({moved, live, true}) == back_step::too_late);
}

TEST_CASE("what no interrupted move leaves behind is touched by none", "[ctl][move][G7]") {
  for (const auto& view :
       {move_view{live, live, false}, move_view{moved, moved, false}, move_view{moved, unused, false},
        move_view{elsewhere, arriving, false}, move_view{arriving, unused, false}, move_view{moved, moved, true},
        move_view{moved, arriving, true}}) {
    CHECK(next_step(view) == move_step::conflict);
  }
}

TEST_CASE("balancing moves as few shards as make the databases even", "[ctl][move]") {
  const auto after_moves = [](std::vector<std::size_t> places, std::size_t databases, std::size_t moves_most) {
    const auto moves = balancing_moves(places, databases);
    CHECK(moves.size() <= moves_most);
    for (const auto& move : moves) places.at(move.shard) = move.to;
    std::vector<std::size_t> held(databases, 0);
    for (const auto place : places) ++held[place];
    CHECK(std::ranges::max(held) - std::ranges::min(held) <= 1);
  };
  after_moves({0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, 3, 4);
  after_moves({0, 0, 0, 0, 0, 0, 0}, 4, 5);
  after_moves({0, 1, 2, 0, 1}, 3, 0);
  after_moves({}, 2, 0);
}

}  // namespace parley::ctl
