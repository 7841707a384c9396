#include "actors/core/placement.hpp"
#include "tests/actors/ownership_stage.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

TEST_CASE("a start renews the lease, looks, claims what is free, and opens what it won: the writer first",
          "[actors][G7]") {
  ownership_stage s;
  REQUIRE(s.owners[0].renewals.size() == 1);
  CHECK(s.owners[1].renewals.empty());
  s.own();
  REQUIRE(s.written->of<msg::open_shard>().size() == 1);
  CHECK(s.written->of<msg::open_shard>()[0].mark == mark_of(5, 10));
  CHECK(s.written->of<msg::open_shard>()[0].shard_actor == s.shard);
  REQUIRE(s.shard_told->of<msg::shard_opened>().size() == 1);
  CHECK(s.context->shards_owned == 1);
  CHECK(s.context->leases[0]->is_valid(s.clock.now + 2s));
  CHECK_FALSE(s.context->leases[1]->is_valid(s.clock.now));
}

TEST_CASE("a claim that another node won opens nothing, and is tried again", "[actors][G7]") {
  ownership_stage s;
  s.renewed(0);
  s.surveyed(0, std::vector<shard_row>{{shard_id{0}, "", term{4}, attempt{10}}});
  s.claimed(0, false);
  CHECK(s.shard_told->of<msg::shard_opened>().empty());
  CHECK(s.context->shards_owned == 0);
  s.advance(1000ms);
  CHECK(s.owners[0].surveys.size() == 2);
}

TEST_CASE("a node whose name another one has says so, once", "[actors]") {
  ownership_stage s;
  std::vector<std::string> taken_by;
  s.context->name_taken = [&](const cluster_node& by) { taken_by.push_back(by.peer_address); };
  const auto& self = s.context->options.node;
  for (std::uint64_t n = 1; n <= 9; ++n) {
    s.nodes = {{self, "here:1", false, true, n}, {{self.name, "first"}, "there:1", false, true, 10 + n}};
    s.renewed(n - 1, n);
    CHECK(taken_by.size() == (n > 6 ? 1 : 0));
    s.advance(1000ms);
  }
  CHECK(taken_by == std::vector<std::string>{"there:1"});
}

TEST_CASE("a survey that fails is asked again with the next tick, one at a time", "[actors]") {
  ownership_stage s;
  s.renewed(0);
  s.advance(1000ms);
  CHECK(s.owners[0].surveys.size() == 1);
  s.surveyed(0, error{errc::unavailable, "away"});
  s.advance(1000ms);
  CHECK(s.owners[0].surveys.size() == 2);
}

TEST_CASE("a renewal that is not answered is not sent twice", "[actors][G9]") {
  ownership_stage s;
  for (int i = 0; i < 5; ++i) s.advance(1000ms);
  CHECK(s.owners[0].renewals.size() == 1);
  s.renewed(0);
  s.advance(1000ms);
  CHECK(s.owners[0].renewals.size() == 2);
}

TEST_CASE("a renewal that failed extends nothing", "[actors][G7]") {
  ownership_stage s;
  s.own();
  s.advance(1000ms);
  const auto until = s.clock.now + 1800ms;  // of the first: 3 s less the margin, from when it was sent
  s.owners[0].renewals.at(1).answer(error{errc::unavailable, "away"});
  s.run();
  CHECK(s.context->leases[0]->is_valid(until - 1ms));
  CHECK_FALSE(s.context->leases[0]->is_valid(until));
}

TEST_CASE("a lease that may have ended gives its shards up, then claims them anew", "[actors][G7]") {
  ownership_stage s;
  s.own();
  const auto era = s.shard_told->of<msg::shard_opened>()[0].lease_era;
  s.advance(1000ms);
  s.advance(3000ms);  // the second renewal was not answered in time
  s.renewed(1, 2);
  CHECK(s.context->leases[0]->era() != era);  // the shard answers no more, whatever it has heard by now
  REQUIRE(s.shard_told->of<msg::shard_closed>().size() == 1);
  CHECK(s.shard_told->of<msg::shard_closed>()[0].term == term{5});
  CHECK(s.written->of<msg::close_shard>().size() == 1);
  CHECK(s.context->shards_owned == 0);
  CHECK(s.owners[0].surveys.size() == 2);
}

TEST_CASE("a fence ends the shard's term, and only the term that it names", "[actors][G7]") {
  ownership_stage s;
  s.own();
  s.fence(term{4});
  CHECK(s.shard_told->of<msg::shard_closed>().empty());
  s.fence(term{5});
  CHECK(s.shard_told->of<msg::shard_closed>().size() == 1);
  s.fence(term{5});
  CHECK(s.shard_told->of<msg::shard_closed>().size() == 1);
  CHECK(s.context->shards_owned == 0);
}

TEST_CASE("who releases answers no head any more, renews and claims nothing, and is done with either answer",
          "[actors][G7]") {
  ownership_stage s;
  bool is_done = false;
  s.renewed(0);
  s.tell(s.ownership, msg::release{std::make_shared<std::function<void()>>([&] { is_done = true; })});
  CHECK(s.owners[0].releases.size() == 1);
  s.surveyed(0, std::vector<shard_row>{{shard_id{0}, "", term{4}, attempt{10}}});  // on its way when the stop came
  CHECK(s.owners[0].claims.empty());
  for (int i = 0; i < 3; ++i) s.advance(1000ms);
  CHECK(s.owners[0].renewals.size() == 1);
  CHECK_FALSE(is_done);
  if (GENERATE(false, true)) {
    s.owners[0].releases[0].answer(std::size_t{1});
  } else {
    s.owners[0].releases[0].answer(error{errc::unavailable, "away"});
  }
  CHECK(is_done);
}

TEST_CASE("a release waits for the renewal under way, which would bring the lease back, and that renewal gives nothing",
          "[actors][G7]") {
  ownership_stage s;
  s.own();
  s.advance(1000ms);
  REQUIRE(s.owners[0].renewals.size() == 2);
  s.tell(s.ownership, msg::release{std::make_shared<std::function<void()>>([] {})});
  CHECK(s.owners[0].releases.empty());
  if (GENERATE(false, true)) {
    s.renewed(1);
  } else {
    s.owners[0].renewals[1].answer(error{errc::unavailable, "away"});
    s.run();
  }
  CHECK(s.owners[0].releases.size() == 1);
  CHECK_FALSE(s.context->leases[0]->is_valid(s.clock.now));
}

// ---- other nodes -----------------------------------------------------------------------------------------------

namespace {

/// A name that rendezvous hashing puts before or after "n1" for shard 0.
std::string name_that(bool is_before_us) {
  for (int i = 2;; ++i) {
    auto name = "n" + std::to_string(i);
    if ((placement_score(name, shard_id{0}) > placement_score("n1", shard_id{0})) == is_before_us) return name;
  }
}
std::vector<cluster_node> us_and(const std::string& name, std::uint64_t renewals) {
  return {{{"n1", "us"}, "127.0.0.1:1", false, true, renewals}, {{name, "them"}, "127.0.0.1:2", false, true, renewals}};
}

}  // namespace

TEST_CASE("a shard that another node should own is handed over: flushed, given back, and its next owner told",
          "[actors][G2][G7]") {
  ownership_stage s;
  s.own();
  const auto them = name_that(true);
  s.advance(1000ms);
  s.nodes = us_and(them, 2);
  s.renewed(1, 2);
  CHECK(s.shard_told->of<msg::hand_over>().empty());  // it only just appeared
  s.advance(1000ms);
  s.nodes = us_and(them, 3);
  s.renewed(2, 3);
  REQUIRE(s.shard_told->of<msg::hand_over>().size() == 1);
  CHECK(s.owners[0].yields.empty());  // writes are under way
  s.tell(s.ownership, msg::shard_ready{shard_id{0}, term{5}});
  REQUIRE(s.owners[0].yields.size() == 1);
  CHECK(s.owners[0].yields[0].what == std::vector<owned_shard>{{shard_id{0}, term{5}}});
  CHECK(s.shard_told->of<msg::shard_closed>().empty());
  const auto looks = s.routed->of<msg::tell_to_look>().size();
  if (GENERATE(true, false)) {
    s.owners[0].yields[0].answer(std::size_t{1});
  } else {  // it gave writes back: whatever is stored, it can take none under that term any more
    s.owners[0].yields[0].answer(error{errc::unavailable, "away"});
  }
  s.run();
  CHECK(s.shard_told->of<msg::shard_closed>().size() == 1);
  REQUIRE(s.routed->of<msg::tell_to_look>().size() == looks + 1);
  CHECK(s.routed->of<msg::tell_to_look>().back().node == "them");
  CHECK(s.context->shards_owned == 0);
}

TEST_CASE("who leaves says so, hands everything over at once, and is done when nothing is left", "[actors][G7]") {
  ownership_stage s;
  s.own();
  s.advance(1000ms);
  s.nodes = us_and(name_that(false), 2);
  s.renewed(1, 2);
  bool is_done = false;
  s.tell(s.ownership, msg::leave{std::make_shared<std::function<void()>>([&] { is_done = true; })});
  REQUIRE(s.owners[0].renewals.size() == 3);
  CHECK(s.owners[0].renewals[2].what.is_leaving);
  s.renewed(2, 3);
  REQUIRE(s.shard_told->of<msg::hand_over>().size() == 1);
  CHECK_FALSE(is_done);
  s.tell(s.ownership, msg::shard_ready{shard_id{0}, term{5}});
  s.owners[0].yields.at(0).answer(std::size_t{1});
  s.run();
  CHECK(is_done);
}

TEST_CASE("who leaves and is alone keeps its shards for its release", "[actors]") {
  ownership_stage s;
  s.own();
  bool is_done = false;
  s.tell(s.ownership, msg::leave{std::make_shared<std::function<void()>>([&] { is_done = true; })});
  s.renewed(1, 2);
  CHECK(is_done);
  CHECK(s.context->shards_owned == 1);
}

TEST_CASE("a look that another node asks for renews too: its news may be younger than our list of nodes", "[actors]") {
  ownership_stage s;
  s.own();
  const auto renewals = s.owners[0].renewals.size();
  s.tell(s.ownership, msg::look{database_id{0}, false});
  CHECK(s.owners[0].renewals.size() == renewals);  // 0 ms after the last
  CHECK(s.owners[0].surveys.size() == 2);
  s.tell(s.ownership, msg::look{database_id{0}, true});
  CHECK(s.owners[0].renewals.size() == renewals + 1);
  CHECK(s.owners[0].surveys.size() == 2);  // one is under way, and is asked again behind it
  s.surveyed(1, std::vector<shard_row>{});
  CHECK(s.owners[0].surveys.size() == 3);
}

TEST_CASE("a node looks when the watch of a dead owner ends, not at its next turn, and once", "[actors][G7]") {
  ownership_stage s;
  std::size_t renewals = 0, surveys = 0;
  const auto answer_all = [&](bool has_lease) {
    for (; renewals < s.owners[0].renewals.size(); ++renewals) s.renewed(renewals);
    for (; surveys < s.owners[0].surveys.size(); ++surveys)
      s.surveyed(surveys, std::vector<shard_row>{{shard_id{0}, "them", term{4}, attempt{10}, has_lease, 7}});
  };
  s.advance(200ms);
  answer_all(true);  // the watch begins, so that it ends between two turns: 3200 ms after the start
  for (auto passed = 200ms; passed < 3000ms; passed += 100ms) {
    s.advance(100ms);
    answer_all(true);
  }
  CHECK(renewals == 4);
  s.advance(199ms);
  CHECK(s.owners[0].renewals.size() == 4);
  s.advance(1ms);
  CHECK(s.owners[0].renewals.size() == 5);
  CHECK(s.owners[0].claims.empty());
  answer_all(false);
  CHECK(s.owners[0].claims.size() == 1);
  s.advance(299ms);
  CHECK(s.owners[0].renewals.size() == 5);
}

TEST_CASE("a shard that could not be opened is claimed again at once, under another term", "[actors][G2]") {
  ownership_stage s;
  s.own();
  s.tell(s.ownership, msg::shard_not_opened{shard_id{0}, term{5}});
  CHECK(s.shard_told->of<msg::shard_closed>().size() == 1);
  REQUIRE(s.owners[0].surveys.size() == 2);
  s.surveyed(1, std::vector<shard_row>{{shard_id{0}, "us", term{5}, attempt{10}, true, 1}});
  REQUIRE(s.owners[0].claims.size() == 2);
  CHECK(s.owners[0].claims[1].what.at(0).term_floor == term{5});
}

TEST_CASE("a survey that shows another owner of what we hold ends it", "[actors][G7]") {
  ownership_stage s;
  s.own();
  s.tell(s.ownership, msg::look{database_id{0}, false});
  s.surveyed(1, std::vector<shard_row>{{shard_id{0}, "them", term{6}, attempt{0}, true, 1}});
  REQUIRE(s.shard_told->of<msg::shard_closed>().size() == 1);
  CHECK(s.shard_told->of<msg::shard_closed>()[0].term == term{5});
}

}  // namespace parley::testing
