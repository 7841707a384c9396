// An ownership actor that follows the shard map.
#include "tests/actors/ownership_stage.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

class scripted_map final : public shard_map_log {
public:
  void places(completion<shard_places> done) override { asked.push_back(std::move(done)); }
  std::vector<completion<shard_places>> asked;
};

lease_renewal with_changes(std::uint64_t renewals, std::uint64_t changes) {
  return {{"system", "1"}, renewals, {}, changes};
}

}  // namespace

TEST_CASE("a shard that is closing is given back as soon as a renewal tells of a change, and nobody is told to look",
          "[actors][move][G2]") {
  ownership_stage s;
  s.own();
  const auto looks = s.routed->of<msg::tell_to_look>().size();
  s.advance(1000ms);
  s.owners[0].renewals.at(1).answer(with_changes(2, 7));
  s.run();
  REQUIRE(s.owners[0].surveys.size() == 2);
  shard_row row{shard_id{0}, "us", term{5}, attempt{10}, true, 1};
  row.is_closing = true;
  s.surveyed(1, std::vector<shard_row>{row});
  REQUIRE(s.shard_told->of<msg::hand_over>().size() == 1);
  s.tell(s.ownership, msg::shard_ready{shard_id{0}, term{5}});
  s.owners[0].yields.at(0).answer(std::size_t{1});
  s.run();
  CHECK(s.context->shards_owned == 0);
  CHECK(s.routed->of<msg::tell_to_look>().size() == looks);
  row.owner = "";
  s.surveyed(2, std::vector<shard_row>{row});
  CHECK(s.owners[0].claims.size() == 1);  // its own first one
}

TEST_CASE("a map is read at the start and after each change, again if that failed, and goes to the router",
          "[actors][move]") {
  ownership_stage s;
  scripted_map map;
  s.context->databases[0].places = &map;
  auto routed = std::make_shared<heard<msg::places_read, msg::tell_to_look>>();
  const auto home = s.spawn<ownership_actor>(s.context, database_id{0}, std::unordered_map<shard_id, caf::actor>{},
                                             s.writer, s.listen(routed));
  const auto renew = [&](std::uint64_t changes) {
    s.owners[0].renewals.back().answer(with_changes(1, changes));
    s.run();
  };
  renew(7);
  REQUIRE(map.asked.size() == 1);
  map.asked[0](error{errc::unavailable, "away"});
  s.run();
  s.advance(1000ms);
  CHECK(s.owners[0].renewals.back().what.map == 0);
  renew(7);
  REQUIRE(map.asked.size() == 2);
  map.asked[1](shard_places{7, {database_id{1}}});
  s.run();
  REQUIRE(routed->of<msg::places_read>().size() == 1);
  CHECK(routed->of<msg::places_read>()[0].places->databases == std::vector{database_id{1}});
  s.advance(1000ms);
  CHECK(s.owners[0].renewals.back().what.map == 7);  // parleyctl waits for it
  CHECK(s.owners[0].renewals.back().what.endpoints == 2);
  renew(7);
  CHECK(map.asked.size() == 2);
  s.advance(1000ms);
  renew(8);
  CHECK(map.asked.size() == 3);
}

TEST_CASE("a shard that arrives is claimed at once, one that left no more", "[actors][move][G7]") {
  ownership_stage s;
  s.own();
  auto other_told = std::make_shared<ownership_stage::shard_messages>();
  const auto other = s.listen(other_told);
  s.tell(s.ownership, msg::shard_arrived{shard_id{1}, other});
  REQUIRE(s.owners[0].surveys.size() == 2);
  const std::vector<shard_row> rows{{shard_id{0}, "us", term{5}, attempt{10}, true, 1},
                                    {shard_id{1}, "", term{9}, attempt{3}}};
  s.surveyed(1, rows);
  REQUIRE(s.owners[0].claims.size() == 2);
  s.owners[0].claims[1].answer(std::vector<claimed_shard>{{shard_id{1}, true, term{12}, attempt{3}}});
  s.run();
  REQUIRE(other_told->of<msg::shard_opened>().size() == 1);
  CHECK(other_told->of<msg::shard_opened>()[0].writer == s.writer);
  s.tell(s.ownership, msg::shard_left{shard_id{1}});
  CHECK(other_told->of<msg::shard_closed>().size() == 1);
  CHECK(s.context->shards_owned == 1);
  s.tell(s.ownership, msg::shard_ready{shard_id{1}, term{12}});  // on its way: harmless
  s.surveyed(2, rows);
  CHECK(s.owners[0].claims.size() == 2);
}

TEST_CASE("a shard on its way to another database does not make its nodes unready", "[actors][move]") {
  ownership_stage s;
  s.renewed(0);
  shard_row row{shard_id{0}, "", term{4}, attempt{10}};
  row.is_closing = GENERATE(true, false);
  s.surveyed(0, row.is_closing ? std::vector<shard_row>{row} : std::vector<shard_row>{});
  CHECK(s.context->shards_elsewhere == 1);
  s.advance(1000ms);
  s.surveyed(1, std::vector<shard_row>{{shard_id{0}, "", term{4}, attempt{10}}});
  CHECK(s.context->shards_elsewhere == 0);
}

}  // namespace parley::testing
