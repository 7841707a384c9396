#include "actors/core/lease.hpp"
#include "actors/core/placement.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace parley::testing {
namespace {

const database_identity here{"sys", "00000001"};
const lease_options options{3000ms, 1000ms, 200ms};

lease valid_lease(std::uint32_t shards = 2) {
  std::vector<shard_id> wanted;
  for (auto i = shards; i > 0; --i) wanted.push_back(shard_id{i - 1});
  lease l{"us", wanted, options};
  (void)l.renewed({here, 1}, noon, noon);
  return l;
}
shard_row row(std::uint32_t shard, const std::string& owner, std::uint64_t t = 5, bool has_lease = false,
              std::uint64_t renewals = 1) {
  return {shard_id{shard}, owner, term{t}, attempt{9}, has_lease, renewals};
}
claimed_shard won(std::uint32_t shard, std::uint64_t t) { return {shard_id{shard}, true, term{t}, attempt{9}}; }

}  // namespace

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

// ---- other nodes -----------------------------------------------------------------------------------------------

namespace {

constexpr std::uint32_t many = 64;

cluster_node node_of(const std::string& name, std::uint64_t renewals) {
  return {{name, name}, name + ":7000", false, true, renewals};
}
/// "us" among these, each renewed so often.
lease_renewal renewal_of(std::vector<std::string> others, std::uint64_t renewals) {
  lease_renewal answer{here, renewals, {node_of("us", renewals)}};
  for (const auto& name : others) answer.nodes.push_back(node_of(name, renewals));
  return answer;
}
std::vector<shard_row> free_rows() {
  std::vector<shard_row> rows;
  for (std::uint32_t i = 0; i < many; ++i) rows.push_back(row(i, ""));
  return rows;
}
std::size_t ours_of(const std::vector<std::string>& others) {
  std::vector<node_identity> nodes{{"us", "us"}};
  for (const auto& name : others) nodes.push_back({name, name});
  std::size_t ours = 0;
  for (std::uint32_t i = 0; i < many; ++i) ours += desired_owner(nodes, shard_id{i})->name == "us" ? 1 : 0;
  return ours;
}
void take_all(lease& l, instant when) {
  std::vector<claimed_shard> all;
  for (std::uint32_t i = 0; i < many; ++i) all.push_back(won(i, 6));
  (void)l.claimed(all, when);
}

}  // namespace

TEST_CASE("a free shard is left to the node that should own it, for one lease time", "[core][lease][placement]") {
  auto l = valid_lease(many);
  (void)l.renewed(renewal_of({"them"}, 2), noon, noon);
  const auto at_once = l.surveyed(free_rows(), noon).size();
  CHECK(at_once == ours_of({"them"}));
  CHECK(at_once < many);
  (void)l.renewed(renewal_of({"them"}, 3), noon + 2s, noon + 2s);
  CHECK(l.surveyed(free_rows(), noon + 2999ms).size() == at_once);
  CHECK(l.surveyed(free_rows(), noon + 3000ms).size() == many);  // it lives, and does not take them
}

TEST_CASE("nothing is offered, for a while, to a node that did not take what was its own", "[core][lease][placement]") {
  auto l = valid_lease(many);
  const auto live = [&](milliseconds when, std::uint64_t renewals) {
    (void)l.renewed(renewal_of({"them"}, renewals), noon + when, noon + when);
  };
  live(0ms, 2);
  (void)l.surveyed(free_rows(), noon);
  live(2s, 3);
  (void)l.surveyed(free_rows(), noon + 3s);
  take_all(l, noon + 3s);
  live(4s, 4);
  CHECK(l.due_moves(noon + 4s).empty());
  for (int second = 6; second <= 34; second += 2) live(seconds{second}, static_cast<std::uint64_t>(second));
  CHECK_FALSE(l.due_moves(noon + 34s).empty());
}

TEST_CASE("shards move to a node that came, some at a time and each once, and only once it has settled",
          "[core][lease][placement]") {
  auto l = valid_lease(many);
  take_all(l, noon);
  (void)l.renewed(renewal_of({"them"}, 2), noon + 1s, noon + 1s);
  CHECK(l.due_moves(noon + 1s).empty());
  (void)l.renewed(renewal_of({"them"}, 3), noon + 2s, noon + 2s);
  auto moves = l.due_moves(noon + 2s);
  const auto theirs = many - ours_of({"them"});
  CHECK(moves.size() == std::min<std::size_t>(theirs, 32));
  CHECK(l.due_moves(noon + 2s).empty());
  CHECK(moves[0].to == "them");
  CHECK(moves[0].term == term{6});
  for (const auto& m : moves) CHECK(l.stepped_down(m.shard, m.term));
  CHECK(l.held() == many - moves.size());
  CHECK(l.due_moves(noon + 2s).size() == theirs - moves.size());
}

TEST_CASE("who leaves claims nothing, and hands all over to whoever is there", "[core][lease][placement]") {
  auto l = valid_lease(many);
  take_all(l, noon);
  l.leave();
  CHECK(l.due_moves(noon).empty());  // nobody is there
  CHECK(l.is_alone(noon));
  (void)l.renewed(renewal_of({"a", "b"}, 2), noon + 1s, noon + 1s);
  CHECK_FALSE(l.is_alone(noon + 1s));
  const auto moves = l.due_moves(noon + 1s);
  CHECK(moves.size() == many);
  for (const auto& m : moves) (void)l.stepped_down(m.shard, m.term);
  CHECK(l.surveyed(free_rows(), noon + 1s).empty());
}

// ---- an operator's wishes ----------------------------------------------------------------------------------------

namespace {

/// The same, and "us" is asked to leave.
lease_renewal draining_renewal_of(std::vector<std::string> others, std::uint64_t renewals) {
  auto answer = renewal_of(std::move(others), renewals);
  answer.nodes[0].is_leaving = true;
  return answer;
}
shard_row wished(std::uint32_t shard, const std::string& owner, const std::string& wish) {
  auto made = row(shard, owner, 6, !owner.empty());
  made.wish = wish;
  return made;
}
/// A shard that placement gives to this one of the two.
std::uint32_t shard_placed_at(const std::string& name) {
  const std::vector<node_identity> both{{"us", "us"}, {"them", "them"}};
  for (std::uint32_t i = 0; i < many; ++i) {
    if (desired_owner(both, shard_id{i})->name == name) return i;
  }
  throw std::logic_error("placement gives it nothing");
}
/// "them" has settled; nothing is owned yet.
lease settled_lease() {
  auto l = valid_lease(many);
  (void)l.renewed(renewal_of({"them"}, 2), noon, noon);
  (void)l.renewed(renewal_of({"them"}, 3), noon + 1s, noon + 1s);
  return l;
}

}  // namespace

TEST_CASE("a drained node claims nothing, for however long, and hands all over, without leaving",
          "[core][lease][drain]") {
  auto l = valid_lease(many);
  take_all(l, noon);
  (void)l.renewed(draining_renewal_of({"a", "b"}, 2), noon + 1s, noon + 1s);
  CHECK(l.is_drained());
  CHECK_FALSE(l.is_leaving());  // or it would say so itself with its next renewal, and nothing could end it
  const auto moves = l.due_moves(noon + 1s);
  CHECK(moves.size() == many);
  for (const auto& m : moves) CHECK(l.stepped_down(m.shard, m.term));
  for (int second = 2; second <= 10; ++second) {
    const auto now = noon + seconds{second};
    (void)l.renewed(draining_renewal_of({"a", "b"}, static_cast<std::uint64_t>(second) + 1), now, now);
    CHECK(l.surveyed(free_rows(), now).empty());
  }
}

TEST_CASE("a drained node that nobody else lives beside keeps what it has and claims what is free",
          "[core][lease][drain]") {
  auto l = valid_lease(many);
  (void)l.claimed({won(0, 6)}, noon);
  (void)l.renewed(draining_renewal_of({}, 2), noon + 1s, noon + 1s);
  CHECK(l.is_drained());
  CHECK(l.due_moves(noon + 1s).empty());
  CHECK(l.surveyed(free_rows(), noon + 1s).size() == many - 1);
}

TEST_CASE("two drained nodes with nobody else both stay in service", "[core][lease][drain]") {
  auto l = valid_lease(many);
  (void)l.claimed({won(0, 6)}, noon);
  auto renewal = draining_renewal_of({"them"}, 2);
  renewal.nodes[1].is_leaving = true;
  (void)l.renewed(renewal, noon + 1s, noon + 1s);
  CHECK(l.due_moves(noon + 1s).empty());
  CHECK(l.surveyed(free_rows(), noon + 1s).size() == many - 1);
}

TEST_CASE("a node that is no longer drained takes its shards again", "[core][lease][drain]") {
  auto l = valid_lease(many);
  (void)l.renewed(draining_renewal_of({"them"}, 2), noon, noon);
  CHECK(l.surveyed(free_rows(), noon).empty());
  (void)l.renewed(renewal_of({"them"}, 3), noon + 1s, noon + 1s);
  CHECK_FALSE(l.is_drained());
  CHECK(l.surveyed(free_rows(), noon + 1s).size() == ours_of({"them"}));
}

TEST_CASE("a drained node claims what still names it as the owner: nobody else could", "[core][lease][drain]") {
  auto l = valid_lease(many);  // say that a lease of it had lapsed, or a hand-over failed
  (void)l.renewed(draining_renewal_of({"them"}, 2), noon, noon);
  const auto theirs = shard_placed_at("them");
  const auto claims = l.surveyed({row(theirs, "us", 6, true)}, noon);
  REQUIRE(claims.size() == 1);
  (void)l.claimed({won(theirs, 7)}, noon);
  CHECK(l.due_moves(noon).size() == 1);
}

TEST_CASE("whoever leaves by itself is not called drained", "[core][lease][drain]") {
  auto l = valid_lease(many);
  l.leave();
  (void)l.renewed(draining_renewal_of({}, 2), noon, noon);  // its own wish, as the row gives it back
  CHECK_FALSE(l.is_drained());
  CHECK(l.surveyed(free_rows(), noon).empty());
}

TEST_CASE("a shard goes to the node that is wished for it, once, and back when the wish is gone",
          "[core][lease][wish]") {
  auto l = settled_lease();
  const auto ours = shard_placed_at("us");
  (void)l.claimed({won(ours, 6)}, noon + 1s);
  CHECK(l.due_moves(noon + 1s).empty());
  (void)l.surveyed({wished(ours, "us", "them")}, noon + 1s);
  const auto moves = l.due_moves(noon + 1s);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].shard == shard_id{ours});
  CHECK(moves[0].to == "them");
  CHECK(l.due_moves(noon + 1s).empty());
  CHECK(l.stepped_down(shard_id{ours}, term{6}));
  CHECK(l.surveyed({wished(ours, "", "them")}, noon + 1s).empty());  // not ours to claim, until they do not take it
  CHECK(l.surveyed({wished(ours, "", "")}, noon + 1s).size() == 1);
}

TEST_CASE("the node that is wished for a shard claims it at once, and keeps it though placement says otherwise",
          "[core][lease][wish]") {
  auto l = settled_lease();
  const auto theirs = shard_placed_at("them");
  CHECK(l.surveyed({wished(theirs, "", "")}, noon + 1s).empty());
  CHECK(l.surveyed({wished(theirs, "", "us")}, noon + 1s).size() == 1);
  (void)l.claimed({won(theirs, 6)}, noon + 1s);
  CHECK(l.due_moves(noon + 1s).empty());
  (void)l.surveyed({wished(theirs, "us", "")}, noon + 1s);  // the wish is removed
  const auto moves = l.due_moves(noon + 1s);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].to == "them");
}

TEST_CASE("a wish for a node that is unknown, dead or drained is no wish", "[core][lease][wish]") {
  auto l = settled_lease();
  const auto ours = shard_placed_at("us"), theirs = shard_placed_at("them");
  auto renewal = renewal_of({"them", "gone", "drained"}, 4);
  renewal.nodes[2].has_lease = false;
  renewal.nodes[3].is_leaving = true;
  (void)l.renewed(renewal, noon + 1s, noon + 1s);
  const auto wish = GENERATE(as<std::string>{}, "nobody", "gone", "drained");
  CAPTURE(wish);
  CHECK(l.surveyed({wished(ours, "", wish), wished(theirs, "", wish)}, noon + 1s).size() == 1);
  (void)l.claimed({won(ours, 6), won(theirs, 6)}, noon + 1s);
  const auto moves = l.due_moves(noon + 1s);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].shard == shard_id{theirs});
}

TEST_CASE("a wish for a drained node itself does not keep its shard", "[core][lease][wish][drain]") {
  auto l = settled_lease();
  const auto ours = shard_placed_at("us");
  (void)l.claimed({won(ours, 6)}, noon + 1s);
  (void)l.surveyed({wished(ours, "us", "us")}, noon + 1s);
  (void)l.renewed(draining_renewal_of({"them"}, 4), noon + 2s, noon + 2s);
  CHECK(l.due_moves(noon + 2s).size() == 1);
}

// ------------------------------------------------------------------------------------------------------------------

TEST_CASE("a node without links leaves the shards to those that have some, and keeps them where nobody has",
          "[core][lease][placement]") {
  auto l = valid_lease(many);
  auto renewal = renewal_of({"them"}, 2);
  renewal.nodes[0].peer_address.clear();
  (void)l.renewed(renewal, noon, noon);
  CHECK(l.surveyed(free_rows(), noon).empty());
  renewal.nodes[1].peer_address.clear();
  (void)l.renewed(renewal, noon, noon);
  CHECK(l.surveyed(free_rows(), noon).size() == many);
  CHECK(l.is_alone(noon));
}

TEST_CASE("a node without a valid lease moves nothing", "[core][lease][placement][G7]") {
  auto l = valid_lease(many);
  take_all(l, noon);
  (void)l.renewed(renewal_of({"them"}, 2), noon + 1s, noon + 1s);
  (void)l.renewed(renewal_of({"them"}, 3), noon + 2s, noon + 2s);
  CHECK(l.due_moves(noon + 2s + 2800ms).empty());
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

namespace {

shard_row closing(std::uint32_t shard, const std::string& owner, std::uint64_t t = 5, bool has_lease = false) {
  auto closed = row(shard, owner, t, has_lease);
  closed.is_closing = true;
  return closed;
}

}  // namespace

TEST_CASE("a shard that is closing is given back to nobody, once, also by a node that is alone",
          "[core][lease][move]") {
  auto l = valid_lease();
  (void)l.claimed({won(0, 6), won(1, 7)}, noon);
  CHECK_FALSE(l.has_closing());
  CHECK(l.surveyed({row(0, "us", 6, true), closing(1, "us", 7, true)}, noon).empty());
  CHECK(l.has_closing());
  const auto moves = l.due_moves(noon);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].shard == shard_id{1});
  CHECK(moves[0].term == term{7});
  CHECK(moves[0].to.empty());
  CHECK(l.due_moves(noon).empty());
}

TEST_CASE("a closing shard is left free, and claimed when it closes no more", "[core][lease][move]") {
  auto l = valid_lease();
  CHECK(l.surveyed({closing(0, "")}, noon).empty());
  CHECK(l.surveyed({row(0, "")}, noon).size() == 1);
}

TEST_CASE("what a dead node left of a closing shard is taken over, to be given back", "[core][lease][move][G7]") {
  auto l = valid_lease();
  CHECK(l.surveyed({closing(0, "gone")}, noon).empty());  // the watch begins
  (void)l.renewed({here, 2}, noon + 2s, noon + 2s);
  CHECK(l.surveyed({closing(0, "gone")}, noon + 3s).size() == 1);
  (void)l.claimed({won(0, 9)}, noon + 3s);
  const auto moves = l.due_moves(noon + 3s);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].to.empty());
}

TEST_CASE("a shard that lives here from now on is claimed, one that left is not, and is let go",
          "[core][lease][move]") {
  auto l = valid_lease();
  CHECK(l.surveyed({row(2, "")}, noon).empty());
  l.want(shard_id{2});
  l.want(shard_id{2});
  CHECK(l.surveyed({row(2, "")}, noon).size() == 1);
  (void)l.claimed({won(0, 6), won(1, 6), won(2, 6)}, noon);
  CHECK(l.holds_all_wanted());
  CHECK(l.unwant(shard_id{1}) == term{6});
  CHECK(l.unwant(shard_id{1}) == std::nullopt);
  CHECK_FALSE(l.owns(shard_id{1}));
  CHECK(l.holds_all_wanted());
  CHECK(l.surveyed({row(1, "")}, noon).empty());
  CHECK(l.claimed({won(1, 8)}, noon).empty());  // its claim was on its way
}

}  // namespace parley::testing
