// What an operator writes into the databases, and no node does.
#include "tests/contract/postgres_faults.hpp"

#include <algorithm>

namespace parley::contract {
namespace {

constexpr auto a_minute = std::chrono::minutes(1);

bool is_said_to_leave(postgres_store& store, const node_identity& who, const node_identity& by) {
  const auto seen = value_of<lease_renewal>([&](auto done) {
    store.ownership().renew(by, {a_minute, "10.0.0.1:7500", false}, std::move(done));
  });
  const auto found = std::ranges::find(seen.nodes, who, &cluster_node::node);
  REQUIRE(found != seen.nodes.end());
  return found->is_leaving;
}

}  // namespace

TEST_CASE("a node that is asked to leave is shown as leaving to all, until it is asked no more",
          "[contract][postgres][drain]") {
  const auto store = fresh(shared_server());
  const auto ask = [&](const char* what) {
    shared_server().execute(std::string("UPDATE parley.lease SET is_asked_to_leave = ") + what + " WHERE node = 'n1'",
                            store->name());
  };
  const auto ana = node_named("n1"), bob = node_named("n2");
  CHECK_FALSE(is_said_to_leave(*store, ana, ana));
  ask("true");
  for (int again = 0; again < 2; ++again) {
    CHECK(is_said_to_leave(*store, ana, ana));  // no renewal of its own ends it
    CHECK(is_said_to_leave(*store, ana, bob));
    CHECK_FALSE(is_said_to_leave(*store, bob, ana));
  }
  ask("false");
  CHECK_FALSE(is_said_to_leave(*store, ana, ana));
  CHECK_FALSE(is_said_to_leave(*store, ana, bob));
}

TEST_CASE("a shard's wish is seen by every survey and outlives its owners", "[contract][postgres][wish]") {
  const auto store = fresh(shared_server());
  CHECK(row_of(*store, 1).wish.empty());
  shared_server().execute("UPDATE parley.shard SET wish = 'n2' WHERE shard = 1", store->name());
  owner ana(*store, "n1", {1});
  ana.say(room_named("general", 1), {said(1, "one")});
  CHECK(row_of(*store, 1).wish == "n2");
  CHECK(row_of(*store, 1).owner == ana.node().incarnation);
  CHECK(row_of(*store, 2).wish.empty());
  value_of<std::size_t>([&](auto done) { store->ownership().release(ana.node(), std::move(done)); });
  owner bob(*store, "n2", {1});
  CHECK(row_of(*store, 1).wish == "n2");
}

TEST_CASE("the rows that every batch and renewal updates have no index but their keys", "[contract][postgres]") {
  const auto store = fresh(shared_server());
  const auto indexes = shared_server().execute(
      "SELECT indexname FROM pg_indexes WHERE schemaname = 'parley' AND tablename IN ('shard', 'lease') ORDER BY 1",
      store->name());
  CHECK(indexes == testing::private_postgres::rows{{"lease_pkey"}, {"shard_pkey"}});
}

}  // namespace parley::contract
