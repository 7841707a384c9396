#include "tests/core/given_lease.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace parley::testing {
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

}  // namespace parley::testing
