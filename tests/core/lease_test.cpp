#include "tests/core/given_lease.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

TEST_CASE("a lease counts from before its renewal was sent, less a margin", "[core][lease][G7]") {
  lease l{"us", {}, options};
  CHECK_FALSE(l.is_valid(noon));
  (void)l.renewed({here, 1}, noon, noon + 500ms);
  CHECK(l.valid_until() == noon + 2800ms);
  CHECK(l.is_valid(noon + 2799ms));
  CHECK_FALSE(l.is_valid(noon + 2800ms));
}

TEST_CASE("a late answer to an earlier renewal takes nothing away", "[core][lease]") {
  lease l{"us", {}, options};
  (void)l.renewed({here, 2}, noon + 1s, noon + 1s);
  (void)l.renewed({here, 1}, noon, noon);
  CHECK(l.valid_until() == noon + 1s + 2800ms);
}

TEST_CASE("a lease that may have ended gives up its shards, though it stands again", "[core][lease][G3][G7]") {
  const auto answered = GENERATE(2799ms, 2800ms, 9000ms);
  auto l = valid_lease();
  (void)l.claimed({won(0, 6)}, noon);
  const auto ended = l.renewed({here, 2}, noon + 1s, noon + answered);
  if (answered < 2800ms) {
    CHECK(ended.empty());
    CHECK(l.owns(shard_id{0}));
  } else {  // somebody may have claimed it meanwhile, and would be asked for its heads
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].term == term{6});
    CHECK_FALSE(l.owns(shard_id{0}));
  }
}

TEST_CASE("a claim whose answer outlives the lease wins nothing", "[core][lease][G3][G7]") {
  auto l = valid_lease();
  (void)l.renewed({here, 2}, noon + 4s, noon + 4s);
  CHECK(l.claimed({won(0, 6)}, noon + 3s).empty());
  CHECK(l.claimed({won(0, 6)}, noon + 4s).size() == 1);
}

TEST_CASE("a free shard and one of its own are claimed at once", "[core][lease]") {
  auto l = valid_lease();
  const auto claims = l.surveyed({row(0, ""), row(1, "us", 7, true)}, noon);
  REQUIRE(claims.size() == 2);
  CHECK(claims[0].owner_before.empty());
  CHECK(claims[0].term_before == term{5});
  CHECK(claims[1].owner_before == "us");
  CHECK(claims[1].term_floor == term{7});
}

TEST_CASE("nothing is claimed without a valid lease of one's own", "[core][lease][G7]") {
  auto l = valid_lease();
  CHECK(l.surveyed({row(0, "")}, noon + 2800ms).empty());
  CHECK(l.surveyed({row(0, "")}, noon + 2799ms).size() == 1);
}

TEST_CASE("what is not wanted or already held is not claimed", "[core][lease]") {
  auto l = valid_lease(1);
  CHECK(l.surveyed({row(9, "")}, noon).empty());
  CHECK_FALSE(l.holds_all_wanted());
  (void)l.claimed({won(0, 6)}, noon);
  CHECK(l.surveyed({row(0, "us", 6)}, noon).empty());
  CHECK(l.owns(shard_id{0}));
  CHECK(l.holds_all_wanted());
}

TEST_CASE("an ended lease is claimed only after it was watched unrenewed for one lease time", "[core][lease][G7]") {
  auto l = valid_lease();
  const auto look = [&](milliseconds later, bool has_lease, std::uint64_t renewals) {
    (void)l.renewed({here, 1}, noon + later, noon + later);
    return l.surveyed({row(0, "them", 5, has_lease, renewals)}, noon + later).size();
  };
  CHECK(look(0ms, false, 7) == 0);  // the database's clock may have jumped
  CHECK(look(2999ms, false, 7) == 0);
  CHECK(look(3000ms, true, 7) == 0);  // not ended by the database's clock
  CHECK(look(3000ms, false, 7) == 1);
}

TEST_CASE("a survey tells when its first watch ends, and nothing where nobody is watched", "[core][lease][G7]") {
  auto l = valid_lease(4);
  const auto look = [&](milliseconds later, const std::vector<shard_row>& rows) {
    (void)l.renewed({here, 1}, noon + later, noon + later);
    (void)l.surveyed(rows, noon + later);
    return l.watch_ends();
  };
  CHECK(look(0ms, {row(0, ""), row(1, "us"), row(9, "not wanted")}) == std::nullopt);
  CHECK(look(0ms, {row(0, "them", 5, true, 7)}) == noon + 3s);
  CHECK(look(500ms, {row(0, "them", 5, true, 7), row(1, "late", 5, true, 7)}) == noon + 3s);
  CHECK(look(1s, {row(0, "them", 5, true, 8), row(1, "late", 5, true, 7)}) == noon + 3500ms);
  CHECK(look(1s, {row(0, "them", 5, true, 8)}) == noon + 4s);
  CHECK(look(4s, {row(0, "them", 5, true, 8)}) == noon + 7s);      // the database's clock holds it: one lease time more
  CHECK(look(4s, {row(0, "them", 5, false, 8)}) == std::nullopt);  // claimed
  (void)l.claimed({won(0, 6)}, noon + 4s);
  CHECK(look(4s, {row(0, "us", 6, true, 1)}) == std::nullopt);
}

TEST_CASE("a database clock that stepped back does not keep a dead owner's shards", "[core][lease][G7]") {
  auto l = valid_lease();
  const auto look = [&](milliseconds later, std::uint64_t renewals) {
    (void)l.renewed({here, 1}, noon + later, noon + later);
    return l.surveyed({row(0, "them", 5, true, renewals)}, noon + later).size();
  };
  CHECK(look(0ms, 7) == 0);
  CHECK(look(2000ms, 8) == 0);  // it lived then
  CHECK(look(7999ms, 8) == 0);
  CHECK(look(8000ms, 8) == 1);
}

TEST_CASE("a renewal seen meanwhile begins the watch anew", "[core][lease][G7]") {
  auto l = valid_lease();
  const auto look = [&](milliseconds later, std::uint64_t renewals) {
    (void)l.renewed({here, 1}, noon + later, noon + later);
    return l.surveyed({row(0, "them", 5, false, renewals)}, noon + later).size();
  };
  CHECK(look(0ms, 7) == 0);
  CHECK(look(2000ms, 8) == 0);
  CHECK(look(3000ms, 8) == 0);
  CHECK(look(5000ms, 8) == 1);
}

TEST_CASE("the list of nodes that a renewal shows begins the watch too, and begins it anew", "[core][lease][G7]") {
  auto l = valid_lease();
  const auto told = [&](milliseconds later, std::uint64_t renewals, bool has_lease = true) {
    const lease_renewal answer{here, 1, {{{"n2", "them"}, "n2:1", false, has_lease, renewals}}};
    (void)l.renewed(answer, noon + later, noon + later);
  };
  const auto claims = [&](milliseconds later, std::uint64_t renewals) {
    return l.surveyed({row(0, "them", 5, false, renewals)}, noon + later).size();
  };
  told(0ms, 7);
  told(500ms, 8);
  CHECK(claims(1000ms, 8) == 0);
  told(3400ms, 8, false);
  CHECK(claims(3499ms, 8) == 0);
  CHECK(claims(3500ms, 8) == 1);
}

TEST_CASE("another owner is watched from its own beginning", "[core][lease][G7]") {
  auto l = valid_lease();
  CHECK(l.surveyed({row(0, "them")}, noon).empty());
  (void)l.renewed({here, 2}, noon + 3s, noon + 3s);
  CHECK(l.surveyed({row(0, "others")}, noon + 3s).empty());
}

TEST_CASE("a claim asks for a term above every one that was ever seen of the shard", "[core][lease][G2]") {
  auto l = valid_lease();
  (void)l.surveyed({row(0, "them", 40, true)}, noon);
  const auto after_failover = l.surveyed({row(0, "", 12)}, noon);  // the row's last change was lost
  REQUIRE(after_failover.size() == 1);
  CHECK(after_failover[0].term_before == term{12});
  CHECK(after_failover[0].term_floor == term{40});
  CHECK(l.claimed({{shard_id{0}, false, term{50}, attempt{}}}, noon).empty());
  CHECK(l.surveyed({row(0, "", 12)}, noon)[0].term_floor == term{50});
}

TEST_CASE("only what was won is owned", "[core][lease]") {
  auto l = valid_lease();
  const auto mine = l.claimed({won(0, 6), {shard_id{1}, false, term{9}, attempt{}}}, noon);
  REQUIRE(mine.size() == 1);
  CHECK(mine[0].term == term{6});
  CHECK(l.held() == 1);
  CHECK_FALSE(l.owns(shard_id{1}));
}

TEST_CASE("a shard is let go only under the term in which it is held", "[core][lease][G7]") {
  auto l = valid_lease();
  (void)l.claimed({won(0, 6)}, noon);
  CHECK_FALSE(l.stepped_down(shard_id{0}, term{5}));
  CHECK_FALSE(l.stepped_down(shard_id{1}, term{6}));
  CHECK(l.owns(shard_id{0}));
  CHECK(l.stepped_down(shard_id{0}, term{6}));
  CHECK_FALSE(l.owns(shard_id{0}));
}

TEST_CASE("another history of the database ends every shard, the same one none", "[core][lease][G2][G7]") {
  const auto other = GENERATE(database_identity{"sys", "00000002"}, database_identity{"other", "00000001"});
  auto l = valid_lease();
  (void)l.claimed({won(0, 6), won(1, 7)}, noon);
  CHECK(l.renewed({here, 2}, noon, noon).empty());
  CHECK(l.renewed({other, 3}, noon, noon).size() == 2);
  CHECK(l.held() == 0);
  CHECK(l.renewed({other, 4}, noon, noon).empty());
}

TEST_CASE("a row under a larger term ends what is held, unless it is older than the claim", "[core][lease][G7]") {
  auto l = valid_lease();
  (void)l.claimed({won(0, 6)}, noon + 1s);
  CHECK(l.superseded({row(0, "them", 7)}, noon).empty());
  CHECK(l.superseded({row(0, "us", 6)}, noon + 2s).empty());
  const auto ended = l.superseded({row(0, "them", 7)}, noon + 2s);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].term == term{6});
  CHECK_FALSE(l.owns(shard_id{0}));
}

}  // namespace parley::testing
