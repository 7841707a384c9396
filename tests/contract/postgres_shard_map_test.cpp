// What places the shards is agreed in the databases: nodes whose lists differ do not start.
#include "storage/postgres/shard_map.hpp"
#include "tests/contract/postgres_faults.hpp"

namespace parley::contract {
namespace {

using stores = std::vector<const postgres_store*>;

std::optional<error> agree(const stores& databases, std::vector<std::string> endpoints = {"a:1"}) {
  shard_map mine{{}, std::move(endpoints)};
  for (const auto* each : databases) {
    mine.databases.push_back(impatient());
    mine.databases.back().dsn = shared_server().dsn(each->name());
  }
  std::size_t place = 0;
  return agree_on_shard_map(mine, place);
}

void check_refused(const std::optional<error>& why, std::string_view words) {
  REQUIRE(why);
  CHECK(why->code == errc::incompatible);
  CAPTURE(why->detail);
  CHECK(why->detail.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("the databases keep their order and their number", "[contract][postgres][G2]") {
  const auto a = fresh(shared_server()), b = fresh(shared_server());
  CHECK_FALSE(agree({a.get(), b.get()}));
  CHECK_FALSE(agree({a.get(), b.get()}));
  check_refused(agree({b.get(), a.get()}),
                "it is number 2 of the cluster's databases, and number 1 of this node's list");
  check_refused(agree({a.get()}), "the cluster's list of databases is 2 long, this node's is 1 long");
  CHECK_FALSE(agree({a.get(), b.get()}));
}

TEST_CASE("a list that is refused leaves no trace: the right one still starts", "[contract][postgres]") {
  const auto a = fresh(shared_server()), b = fresh(shared_server()), c = fresh(shared_server());
  CHECK_FALSE(agree({a.get(), b.get()}));
  check_refused(agree({c.get(), a.get()}), "it is number 1 of the cluster's databases");
  CHECK_FALSE(agree({c.get()}));  // it was told nothing, and may begin a list of its own
}

TEST_CASE("an empty database at the place of another one is refused", "[contract][postgres][G2][G7]") {
  const auto a = fresh(shared_server()), b = fresh(shared_server()), c = fresh(shared_server());
  CHECK_FALSE(agree({a.get(), b.get()}));
  check_refused(agree({a.get(), c.get()}), "is not the one that the cluster has at its place");
  CHECK_FALSE(agree({a.get(), b.get()}));
}

TEST_CASE("the list of Redis endpoints changes only while no node runs", "[contract][postgres]") {
  const auto a = fresh(shared_server());
  CHECK_FALSE(agree({a.get()}, {"a:1", "b:2"}));
  CHECK_FALSE(agree({a.get()}, {"b:2", "a:1"}));  // nobody has a lease
  owner ana(*a, "n1", {1});
  check_refused(agree({a.get()}, {"a:1", "b:2"}), "the cluster's Redis endpoints are b:2 a:1, this node's are a:1 b:2");
  CHECK_FALSE(agree({a.get()}, {"b:2", "a:1"}));
  shared_server().execute("UPDATE parley.lease SET expires_at = now() - interval '1 s'", a->name());
  CHECK_FALSE(agree({a.get()}, {"c:3"}));
}

TEST_CASE("a list of endpoints that lacks one which the map names starts nowhere, though no node runs",
          "[contract][postgres][endpoints]") {
  const auto a = fresh(shared_server());
  const auto run = [&](const char* sql) { shared_server().execute(sql, a->name()); };
  CHECK_FALSE(agree({a.get()}, {"a:1", "b:2"}));
  run("INSERT INTO parley.place (shard, database, endpoint) VALUES (0, 1, 1), (1, 1, 2)");
  check_refused(agree({a.get()}, {"a:1"}), "the cluster's Redis endpoints are a:1 b:2, this node's are a:1");
  CHECK_FALSE(agree({a.get()}, {"a:1", "c:3"}));  // another server in its place
  run("UPDATE parley.place SET endpoint = 1");
  CHECK_FALSE(agree({a.get()}, {"a:1"}));
}

TEST_CASE("the map tells endpoints for all shards or for none, at the start and to a node that runs",
          "[contract][postgres][endpoints]") {
  const auto a = fresh(shared_server());
  auto options = impatient();
  options.dsn = shared_server().dsn(a->name());
  const auto run = [&](const char* sql) { shared_server().execute(sql, a->name()); };
  const auto read = [&] {
    const auto at_start = read_shard_places(options);
    REQUIRE(at_start.has_value());
    const auto later = value_of<shard_places>([&](auto done) { a->database().places(std::move(done)); });
    CHECK(later == *at_start);
    return later;
  };
  CHECK(read() == shard_places{});
  run("INSERT INTO parley.place (shard, database) VALUES (1, 2), (0, 1)");
  const std::vector databases{database_id{0}, database_id{1}};
  CHECK(read() == shard_places{0, databases, {}});
  run("UPDATE parley.place SET endpoint = 3 WHERE shard = 1");
  CHECK(read() == shard_places{0, databases, {}});
  run("UPDATE parley.place SET endpoint = 1 WHERE shard = 0");
  run("UPDATE parley.cluster SET changes = 9");
  CHECK(read() == shard_places{9, databases, {0, 2}});
}

TEST_CASE("a lease row says how many endpoints its node has, and by which map it goes",
          "[contract][postgres][endpoints]") {
  const auto a = fresh(shared_server());
  const auto renew = [&](lease_wish wish) {
    value_of<lease_renewal>(
        [&](auto done) { a->ownership().renew(node_named("n1"), std::move(wish), std::move(done)); });
    return shared_server().execute("SELECT endpoints, map FROM parley.lease", a->name());
  };
  const lease_wish first{std::chrono::minutes(1), "10.0.0.1:7500", false, 2, 0};
  const lease_wish next{std::chrono::minutes(1), "10.0.0.1:7500", false, 3, 1'764'000'000'123};
  CHECK(renew(first) == testing::private_postgres::rows{{"2", "0"}});
  CHECK(renew(next) == testing::private_postgres::rows{{"3", "1764000000123"}});
}

TEST_CASE("a server that takes no writes still says whether the lists agree", "[contract][postgres]") {
  const auto a = fresh(shared_server()), b = fresh(shared_server());
  CHECK_FALSE(agree({a.get()}));
  shared_server().execute("ALTER DATABASE " + a->name() + " SET default_transaction_read_only = on");
  CHECK_FALSE(agree({a.get()}));
  check_refused(agree({a.get(), b.get()}), "the cluster's list of databases is 1 long");
}

}  // namespace parley::contract
