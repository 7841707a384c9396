// The list of Redis endpoints grows, and shards get another one, by what parleyctl does.
#include "node/ctl/endpoint_rows.hpp"
#include "storage/postgres/shard_map.hpp"
#include "tests/contract/postgres_faults.hpp"

namespace parley::contract {
namespace {

const std::vector<std::string> two{"a:1", "b:2"}, three{"a:1", "b:2", "c:3"};

/// One database of eight shards, whose nodes agreed on two endpoints. Its first node lives.
struct growing_list {
  growing_list() { renew("n1", 2); }
  std::string dsn() const { return shared_server().dsn(a->name()); }
  std::optional<error> agree(std::vector<std::string> endpoints) const {
    shard_map mine{{impatient()}, std::move(endpoints)};
    mine.databases[0].dsn = dsn();
    std::size_t place = 0;
    return agree_on_shard_map(mine, place);
  }
  void renew(std::string_view node, std::size_t endpoints, std::uint64_t map = 0) const {
    const lease_wish wish{std::chrono::minutes(1), "10.0.0.1:7500", false, endpoints, map};
    value_of<lease_renewal>([&](auto done) { a->ownership().renew(node_named(node), wish, std::move(done)); });
  }
  shard_places told() const {
    return value_of<shard_places>([&](auto done) { a->database().places(std::move(done)); });
  }
  void add() {
    ctl::keep_endpoints(where, two);
    REQUIRE(ctl::lengthen_endpoints(where.home(), two, "c:3"));
  }

  std::unique_ptr<postgres_store> a = fresh(shared_server());
  ctl::cluster where = opened();

private:
  ctl::cluster opened() const {
    REQUIRE_FALSE(agree(two));
    return ctl::cluster({dsn()});
  }
};

const std::vector<std::size_t> by_number{0, 1, 0, 1, 0, 1, 0, 1};

}  // namespace

TEST_CASE("a longer list of endpoints moves no shard, and a node with the shorter one starts no more",
          "[contract][postgres][endpoints]") {
  growing_list s;
  CHECK(ctl::endpoints_of(s.where.home()) == two);
  CHECK(ctl::endpoint_places(s.where, 2) == by_number);
  CHECK_FALSE(ctl::keeps_endpoints(s.where.home()));
  CHECK(s.told().endpoints.empty());
  const auto version = s.told().version;
  s.add();
  CHECK(ctl::endpoints_of(s.where.home()) == three);
  CHECK(ctl::keeps_endpoints(s.where.home()));
  CHECK(ctl::endpoint_places(s.where, 3) == by_number);
  CHECK(s.told().endpoints == by_number);
  CHECK(s.told().version == version);  // nothing that a running node must look at
  CHECK_FALSE(s.agree(three));
  const auto why = s.agree(two);
  REQUIRE(why);
  CHECK(why->detail.find("parleyctl endpoints add") != std::string::npos);
  CHECK_FALSE(ctl::lengthen_endpoints(s.where.home(), two, "d:4"));  // by a list that has grown meanwhile
  CHECK(ctl::endpoints_of(s.where.home()) == three);
}

TEST_CASE("what was written down once stays, whatever is repeated", "[contract][postgres][endpoints]") {
  growing_list s;
  ctl::keep_endpoints(s.where, three);  // of another list than the cluster's
  CHECK_FALSE(ctl::keeps_endpoints(s.where.home()));
  s.add();
  ctl::place_endpoints(s.where.home(), {{5, 2}});
  ctl::keep_endpoints(s.where, three);
  ctl::keep_endpoints(s.where, two);
  auto expected = by_number;
  expected[5] = 2;
  CHECK(s.told().endpoints == expected);
}

TEST_CASE("shards get another endpoint in one step, of which every renewal tells", "[contract][postgres][endpoints]") {
  growing_list s;
  s.add();
  const auto before = ctl::map_version(s.where.home());
  ctl::place_endpoints(s.where.home(), {{1, 2}, {4, 2}, {7, 0}});
  const auto after = s.told();
  CHECK(after.endpoints == std::vector<std::size_t>{0, 2, 0, 1, 2, 1, 0, 0});
  CHECK(after.databases == std::vector<database_id>(8, database_id{0}));
  CHECK(after.version > before);
  CHECK(after.version == ctl::map_version(s.where.home()));
  const auto renewed = value_of<lease_renewal>([&](auto done) {
    s.a->ownership().renew(node_named("n1"), {std::chrono::minutes(1), "", false, 3, after.version}, std::move(done));
  });
  CHECK(renewed.changes == after.version);
}

TEST_CASE("live nodes that lack an endpoint are named; the dead are nobody", "[contract][postgres][endpoints]") {
  growing_list s;
  s.renew("n2", 3, 7);
  const auto nodes = ctl::hearing_nodes(s.where.home());
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[1].name == "n2");
  CHECK(nodes[1].endpoints == 3);
  CHECK(nodes[1].map == 7);
  CHECK_NOTHROW(ctl::refuse_unless_all_have(s.where.home(), 1));
  CHECK_THROWS_WITH(ctl::refuse_unless_all_have(s.where.home(), 2),
                    "these nodes do not use Redis endpoint 3: n1. Restart each with the cluster's whole list of "
                    "endpoints first");
  shared_server().execute("UPDATE parley.lease SET expires_at = now() - interval '1 s' WHERE node = 'n1'", s.a->name());
  CHECK_NOTHROW(ctl::refuse_unless_all_have(s.where.home(), 2));
}

}  // namespace parley::contract
