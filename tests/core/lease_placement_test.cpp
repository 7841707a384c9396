#include "tests/core/given_lease.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

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

}  // namespace parley::testing
