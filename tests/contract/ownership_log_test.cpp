#include "tests/contract/steps.hpp"

#include <algorithm>

namespace parley::contract {
namespace {

const auto first = node_named("n1");
const auto second = node_named("n2");

lease_renewal renew(store& where, const node_identity& node, milliseconds lease_time) {
  return value_of<lease_renewal>([&](auto done) { where.ownership().renew(node, lease_time, std::move(done)); });
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
