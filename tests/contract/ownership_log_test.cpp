#include "tests/contract/steps.hpp"

#include <algorithm>

namespace parley::contract {
namespace {

const auto first = node_named("n1");
const auto second = node_named("n2");

lease_renewal renew(store& where, const node_identity& node, lease_wish wish) {
  return value_of<lease_renewal>([&](auto done) { where.ownership().renew(node, std::move(wish), std::move(done)); });
}

lease_renewal renew(store& where, const node_identity& node, milliseconds lease_time) {
  return renew(where, node, {lease_time, {}, false});
}

cluster_node entry_of(const node_identity& node, const lease_renewal& seen) {
  std::vector<cluster_node> found;
  for (const auto& n : seen.nodes)
    if (n.node.incarnation == node.incarnation) found.push_back(n);
  REQUIRE(found.size() == 1);
  return found[0];
}

std::size_t yield(store& where, const node_identity& node, std::vector<owned_shard> shards) {
  return value_of<std::size_t>([&](auto done) { where.ownership().yield(node, std::move(shards), std::move(done)); });
}

std::size_t release(store& where, const node_identity& node) {
  return value_of<std::size_t>([&](auto done) { where.ownership().release(node, std::move(done)); });
}

claimed_shard claim_one(store& where, const node_identity& node, shard_claim wish) {
  const auto answers = claim(where, node, {std::move(wish)});
  REQUIRE(answers.size() == 1);
  return answers[0];
}

shard_claim wish_for(store& where, std::uint32_t shard, term floor = {}) {
  const auto row = row_of(where, shard);
  return {row.shard, row.owner, row.term, floor};
}

}  // namespace

TEST_CASE("a new database has a free row for every shard", "[contract][ownership_log]") {
  const auto store = make_store();
  auto rows = value_of<std::vector<shard_row>>([&](auto done) { store->ownership().survey(std::move(done)); });
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.shard < b.shard; });
  REQUIRE(rows.size() == 8);
  for (std::uint32_t shard = 0; shard < 8; ++shard) {
    CHECK(rows[shard].shard == shard_id{shard});
    CHECK(rows[shard].owner.empty());
    CHECK_FALSE(rows[shard].has_lease);
  }
}

TEST_CASE("a claimed shard names its owner, for a reopened database too", "[contract][ownership_log]") {
  const auto store = make_store();
  renew(*store, first, std::chrono::minutes(1));
  const auto won = claim_one(*store, first, wish_for(*store, 3));
  REQUIRE(won.is_won);
  CHECK(row_of(*store, 3).has_lease);
  store->reopen();
  const auto row = row_of(*store, 3);
  CHECK(row.owner == first.incarnation);
  CHECK(row.term == won.term);
  CHECK(row.n == won.n);
  CHECK(row_of(*store, 4).owner.empty());
}

TEST_CASE("a claim wins only from the row that it saw", "[contract][ownership_log][G7]") {
  const auto store = make_store();
  renew(*store, first, std::chrono::minutes(1));
  renew(*store, second, std::chrono::minutes(1));
  const auto seen_by_both = wish_for(*store, 3);
  const auto won = claim_one(*store, first, seen_by_both);
  REQUIRE(won.is_won);
  CHECK_FALSE(claim_one(*store, second, seen_by_both).is_won);
  auto wrong_owner = wish_for(*store, 3);
  wrong_owner.owner_before = second.incarnation;
  CHECK_FALSE(claim_one(*store, second, wrong_owner).is_won);
  auto wrong_term = wish_for(*store, 3);
  wrong_term.term_before = term{won.term.value - 1};
  CHECK_FALSE(claim_one(*store, second, wrong_term).is_won);
  CHECK(row_of(*store, 3).owner == first.incarnation);
  CHECK(row_of(*store, 3).term == won.term);
  CHECK(claim_one(*store, second, wish_for(*store, 3)).is_won);
}

TEST_CASE("claims of one call are won and lost one by one", "[contract][ownership_log]") {
  const auto store = make_store();
  renew(*store, first, std::chrono::minutes(1));
  renew(*store, second, std::chrono::minutes(1));
  const auto stale = wish_for(*store, 5);
  REQUIRE(claim_one(*store, first, stale).is_won);
  const auto answers = claim(*store, second, {wish_for(*store, 4), stale, wish_for(*store, 6)});
  REQUIRE(answers.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(answers[i].shard == shard_id{static_cast<std::uint32_t>(4 + i)});
    CHECK(answers[i].is_won == (i != 1));
  }
}

TEST_CASE("every claim makes a larger term, past all that anyone has seen", "[contract][ownership_log][G7]") {
  const auto store = make_store();
  renew(*store, first, std::chrono::minutes(1));
  const auto by_clock = claim_one(*store, first, wish_for(*store, 3));
  CHECK(by_clock.term.value > 1'700'000'000'000);  // the database's clock in ms
  CHECK(by_clock.term.value < 1ull << 53);
  const auto again = claim_one(*store, first, wish_for(*store, 3));
  CHECK(again.term > by_clock.term);
  const term seen_elsewhere{again.term.value + 1'000'000'000};
  const auto past_seen = claim_one(*store, first, wish_for(*store, 3, seen_elsewhere));
  CHECK(past_seen.term > seen_elsewhere);
  const auto back = claim_one(*store, first, wish_for(*store, 3));  // the clock is far behind the row now
  CHECK(back.term > past_seen.term);
}

TEST_CASE("a renewal names the database and counts", "[contract][ownership_log]") {
  const auto store = make_store();
  const auto one = renew(*store, first, std::chrono::minutes(1));
  const auto two = renew(*store, first, std::chrono::minutes(1));
  CHECK_FALSE(one.identity.system.empty());
  CHECK(one.identity == two.identity);
  CHECK(two.renewals > one.renewals);
  REQUIRE(claim_one(*store, first, wish_for(*store, 3)).is_won);
  CHECK(row_of(*store, 3).renewals == two.renewals);
  renew(*store, second, std::chrono::minutes(1));
  CHECK(row_of(*store, 3).renewals == two.renewals);
  store->reopen();
  CHECK(renew(*store, first, std::chrono::minutes(1)).identity == one.identity);
}

TEST_CASE("a renewal brings the entries of all nodes", "[contract][ownership_log]") {
  const auto store = make_store();
  CHECK(renew(*store, second, {std::chrono::minutes(1), "10.0.0.2:7500", false}).nodes.size() == 1);
  const auto seen = renew(*store, first, {std::chrono::minutes(1), "10.0.0.1:7500", true});
  REQUIRE(seen.nodes.size() == 2);
  CHECK(entry_of(first, seen) == cluster_node{first, "10.0.0.1:7500", true, true, 1});
  CHECK(entry_of(second, seen) == cluster_node{second, "10.0.0.2:7500", false, true, 1});
}

TEST_CASE("a node's entry is what it said last, in its own answer too", "[contract][ownership_log]") {
  const auto store = make_store();
  renew(*store, second, std::chrono::minutes(1));
  renew(*store, first, {std::chrono::minutes(1), "10.0.0.1:7500", false});
  const auto wish = GENERATE(lease_wish{std::chrono::minutes(1), "10.0.0.9:7500", false},
                             lease_wish{std::chrono::minutes(1), "10.0.0.1:7500", true},
                             lease_wish{std::chrono::minutes(1), "", false});
  const cluster_node expected{first, wish.peer_address, wish.is_leaving, true, 2};
  CHECK(entry_of(first, renew(*store, first, wish)) == expected);
  CHECK(entry_of(first, renew(*store, second, std::chrono::minutes(1))) == expected);
}

TEST_CASE("a node whose lease ended is seen without one, until it renews", "[contract][ownership_log]") {
  const auto store = make_store();
  const auto second_as_first_sees_it = [&] { return entry_of(second, renew(*store, first, std::chrono::minutes(1))); };
  renew(*store, second, {milliseconds{200}, "10.0.0.2:7500", false});
  CHECK(eventually([&] { return !second_as_first_sees_it().has_lease; }));
  CHECK(second_as_first_sees_it() == cluster_node{second, "10.0.0.2:7500", false, false, 1});
  renew(*store, second, std::chrono::minutes(1));
  CHECK(second_as_first_sees_it().has_lease);
}

TEST_CASE("who released, or ended long ago, is no longer among the nodes", "[contract][ownership_log]") {
  const auto store = make_store();
  renew(*store, first, std::chrono::minutes(1));
  SECTION("released") {
    renew(*store, second, std::chrono::minutes(1));
    release(*store, second);
  }
  SECTION("ended two minutes ago") {
    CHECK(renew(*store, second, -std::chrono::minutes(2)).nodes.size() == 2);  // the own one is there whatever it says
  }
  const auto seen = renew(*store, first, std::chrono::minutes(1));
  CHECK(seen.nodes == std::vector{cluster_node{first, "", false, true, 2}});
}

TEST_CASE("a lease that nobody renews ends, and its shards stay named", "[contract][ownership_log]") {
  const auto store = make_store();
  renew(*store, first, std::chrono::minutes(1));
  REQUIRE(claim_one(*store, first, wish_for(*store, 3)).is_won);
  REQUIRE(row_of(*store, 3).has_lease);
  renew(*store, first, milliseconds{200});
  CHECK(eventually([&] { return !row_of(*store, 3).has_lease; }));
  CHECK(row_of(*store, 3).owner == first.incarnation);
  renew(*store, first, std::chrono::minutes(1));
  CHECK(row_of(*store, 3).has_lease);
}

TEST_CASE("a release frees the shards of one incarnation and keeps their terms", "[contract][ownership_log]") {
  const auto store = make_store();
  renew(*store, first, std::chrono::minutes(1));
  renew(*store, second, std::chrono::minutes(1));
  const auto of_first = claim(*store, first, {wish_for(*store, 1), wish_for(*store, 2)});
  const auto of_second = claim_one(*store, second, wish_for(*store, 3));
  CHECK(release(*store, first) == 2);
  CHECK(row_of(*store, 1).owner.empty());
  CHECK_FALSE(row_of(*store, 1).has_lease);
  CHECK(row_of(*store, 1).term == of_first[0].term);
  CHECK(row_of(*store, 3).owner == second.incarnation);
  CHECK(row_of(*store, 3).has_lease);
  CHECK(release(*store, first) == 0);
  const auto next = claim_one(*store, second, wish_for(*store, 1));
  CHECK(next.is_won);
  CHECK(next.term > of_first[0].term);
  CHECK(of_second.is_won);
}

TEST_CASE("who released can no longer append", "[contract][ownership_log][G7]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  REQUIRE(release(*store, ana.node()) == 1);
  const auto outcome = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "late")})}));
  REQUIRE(outcome.has_value());
  CHECK(outcome->verdicts == std::vector{shard_verdict::not_owner});
  CHECK(head_of(*store, room).head == ana.at(1, 1));
}

TEST_CASE("a yield frees what its node owns under the term that it names, and nothing else",
          "[contract][ownership_log]") {
  const auto store = make_store();
  owner ana(*store, "n1", {1, 2, 3}), bob(*store, "n2", {4});
  ana.say(room_named("general", 1), {said(1, "one")});
  const auto before = mark_of(*store, 1);
  const term former{ana.term_of(2).value - 1};
  const std::vector<owned_shard> wishes{{shard_id{4}, bob.term_of(4)},
                                        {shard_id{2}, former},
                                        {shard_id{1}, ana.term_of(1)},
                                        {shard_id{5}, term{}},
                                        {shard_id{77}, ana.term_of(1)}};
  CHECK(yield(*store, ana.node(), wishes) == 1);
  CHECK(row_of(*store, 1).owner.empty());
  CHECK_FALSE(row_of(*store, 1).has_lease);
  CHECK(row_of(*store, 1).term == before.term);
  CHECK(row_of(*store, 1).n == before.n);
  for (const std::uint32_t kept : {2u, 3u}) {
    CHECK(row_of(*store, kept).owner == ana.node().incarnation);
    CHECK(row_of(*store, kept).term == ana.term_of(kept));
    CHECK(row_of(*store, kept).has_lease);  // the node stays
  }
  CHECK(row_of(*store, 4).owner == bob.node().incarnation);
  CHECK(yield(*store, ana.node(), wishes) == 0);
  CHECK(yield(*store, ana.node(), {}) == 0);
  CHECK(yield(*store, ana.node(), {{shard_id{3}, ana.term_of(3)}, {shard_id{2}, ana.term_of(2)}}) == 2);
}

TEST_CASE("who yielded a shard can no longer append to it", "[contract][ownership_log][G7]") {
  const auto store = make_store();
  const auto given = room_named("given", 1), kept = room_named("kept", 2);
  owner ana(*store, "n1", {1, 2});
  ana.say(given, {said(1, "one")});
  REQUIRE(yield(*store, ana.node(), {{shard_id{1}, ana.term_of(1)}}) == 1);
  const auto outcome = ana.send(
      ana.batch_of({ana.append_of(given, ana.at(1, 1), {said(2, "late")}), ana.append_of(kept, {}, {said(1, "one")})}));
  REQUIRE(outcome.has_value());
  CHECK(outcome->verdicts == std::vector{shard_verdict::not_owner, shard_verdict::committed});
  CHECK(head_of(*store, given).head == ana.at(1, 1));
}

TEST_CASE("a yielded shard is won at once, under a larger term, and goes on with its n",
          "[contract][ownership_log][G7][G2]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  REQUIRE(yield(*store, ana.node(), {{shard_id{1}, ana.term_of(1)}}) == 1);
  owner bob(*store, "n2", {1});
  CHECK(bob.term_of(1) > ana.term_of(1));
  CHECK(bob.fence(1).before == ana.fence(1).before);
  bob.say(room, {said(2, "two")});
  const auto page = range_of(*store, room, 0);
  REQUIRE(page.events.size() == 2);
  CHECK(page.events[0]->at_position() == ana.at(1, 1));
  CHECK(page.events[1]->at_position() == bob.at(1, 2));
}

TEST_CASE("a yield that comes after a claim changes nothing", "[contract][ownership_log][G7]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner former(*store, "n1", {1});
  owner present(*store, GENERATE("n2", "n1"), {1});  // another node, or the same one anew
  CHECK(yield(*store, former.node(), {{shard_id{1}, former.term_of(1)}}) == 0);
  CHECK(row_of(*store, 1).owner == present.node().incarnation);
  CHECK(row_of(*store, 1).term == present.term_of(1));
  present.say(room, {said(1, "one")});
}

TEST_CASE("a takeover sees all that the former owner committed", "[contract][ownership_log][G7][G3]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner former(*store, "n1", {1});
  // Not awaited: the claim comes right behind the append.
  auto verdict = std::make_shared<std::promise<result<append_outcome>>>();
  auto answered = verdict->get_future();
  store->events().append(former.batch_of({former.append_of(room, {}, {said(1, "one")})}),
                         [verdict](result<append_outcome> r) { verdict->set_value(std::move(r)); });
  owner present(*store, "n2", {1});
  const auto head = head_of(*store, room).head;
  REQUIRE(answered.wait_for(patience) == std::future_status::ready);
  const bool is_committed = answered.get()->verdicts.at(0) == shard_verdict::committed;
  CHECK(head == (is_committed ? former.at(1, 1) : position{}));
}

}  // namespace parley::contract
