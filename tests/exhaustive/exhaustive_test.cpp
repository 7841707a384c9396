#include "tests/exhaustive/search.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>

namespace parley::exhaustive {
namespace {

/// Steps more (or fewer) than each world's own depth: PARLEY_DEPTH=2 runs the tests two steps deeper.
unsigned depth_of(const plan& p) {
  const char* more = std::getenv("PARLEY_DEPTH");
  return more == nullptr ? p.depth : static_cast<unsigned>(std::max(1, static_cast<int>(p.depth) + std::atoi(more)));
}

report explored(const std::string& name) {
  for (const auto& p : plans()) {
    if (p.name != name) continue;
    limits l;
    l.depth = depth_of(p);
    auto done = explore(p, l);
    std::ostringstream how;
    how << name << ": " << p.what << "; depth " << done.deepest << ", " << done.states << " states, " << done.ends
        << " ends";
    for (const auto& line : done.trace) how << "\n  " << line;
    UNSCOPED_INFO(how.str());
    return done;
  }
  FAIL("no world is called " << name);
  return {};
}

void check(const std::string& name, std::uint64_t states_min) {
  const auto done = explored(name);
  CHECK(done.violation.empty());
  CHECK(done.states >= states_min);  // a world in which nothing can happen proves nothing
}

}  // namespace

TEST_CASE("in every order of two publishes and a join, the stream is whole", "[exhaustive][G1][G2][G3][G4]") {
  check("join", 300);
  check("join-warm", 300);
  check("join-at-owner", 300);
}

TEST_CASE("in every order of a resume behind the window and a publish, the stream goes on exactly",
          "[exhaustive][G3][G8]") {
  check("resume", 80);
}

TEST_CASE("in every order of what a slow reader reads, its stream is whole", "[exhaustive][G3][G9]") {
  check("slow-reader", 40);
}

TEST_CASE("in every order of a takeover, no ack is lost and no superseded owner tells a head",
          "[exhaustive][G1][G3][G7]") {
  check("takeover", 5000);
  check("takeover-join", 1000);
  check("takeover-at-owner", 20000);
  check("drop-takeover", 5000);
}

TEST_CASE("in every order of one node's messages, no superseded owner tells a head after a late renewal",
          "[exhaustive][G3]") {
  check("late-renewal", 1000);
}

TEST_CASE("in every order of a takeover, two publishes of one key are one row", "[exhaustive][G5][G7]") {
  check("same-key", 500);
}

TEST_CASE("at every moment the owner may be killed", "[exhaustive][G1][G3][G5]") { check("kill", 10000); }

TEST_CASE("at every moment a writer's statement may have an unknown outcome", "[exhaustive][G1][G5]") {
  check("lost-reply", 5000);
  check("lost-reply-takeover", 3000);
}

TEST_CASE("at every moment storage may refuse or fail, and pipelined writes keep their order", "[exhaustive][G1][G2]") {
  check("pipeline", 150);
  check("failed-read", 2000);
}

TEST_CASE("any one Redis message may be lost, come twice or overtake another", "[exhaustive][G3][G6]") {
  check("redis-drop", 400);
  check("redis-drop-live", 1000);
  check("beacon-drop", 8000);
  check("redis-repeat", 500);
  check("redis-reorder", 2000);
  check("redis-cut", 1500);
}

TEST_CASE("where Redis delivers nothing and a read fails, the poll alone brings the reader to the head",
          "[exhaustive][G6]") {
  check("poll-alone", 100);
}

TEST_CASE("at every moment the reader's socket may break, and its resume goes on exactly", "[exhaustive][G3][G8]") {
  check("cut-reader", 500);
}

TEST_CASE("at every moment all deadlines may pass", "[exhaustive][G1][G6]") { check("deadlines", 4000); }

}  // namespace parley::exhaustive
