#include "actors/ownership_actor.hpp"

#include "tests/actors/actor_stage.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

using shard_messages = heard<msg::shard_opened, msg::shard_closed>;

/// The ownership of database 0, which holds shard 0.
struct ownership_stage : actor_stage {
  void renewed(std::size_t which, std::uint64_t renewals = 1) {
    owners[0].renewals.at(which).answer(lease_renewal{{"system", "1"}, renewals});
    run();
  }
  void surveyed(std::size_t which, result<std::vector<shard_row>> rows) {
    owners[0].surveys.at(which).answer(std::move(rows));
    run();
  }
  void claimed(std::size_t which, bool is_won) {
    owners[0].claims.at(which).answer(std::vector<claimed_shard>{{shard_id{0}, is_won, term{5}, attempt{10}}});
    run();
  }
  void own() {
    renewed(0);
    surveyed(0, std::vector<shard_row>{{shard_id{0}, "", term{4}, attempt{10}}});
    claimed(0, true);
  }
  void fence(term under) { tell(ownership, msg::shard_fenced{shard_id{0}, under, "another owner"}); }

  std::shared_ptr<shard_messages> shard_told = std::make_shared<shard_messages>();
  std::shared_ptr<heard<msg::open_shard, msg::close_shard>> written =
      std::make_shared<heard<msg::open_shard, msg::close_shard>>();
  caf::actor shard = listen(shard_told);
  caf::actor writer = listen(written);
  caf::actor ownership = spawn<ownership_actor>(context, database_id{0},
                                                std::unordered_map<shard_id, caf::actor>{{shard_id{0}, shard}}, writer);
};

}  // namespace

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

}  // namespace parley::testing
