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
  check_refused(agree({a.get()}, {"a:1", "b:2"}),
                "the running nodes' Redis endpoints are b:2 a:1, this node's are a:1 b:2");
  CHECK_FALSE(agree({a.get()}, {"b:2", "a:1"}));
  shared_server().execute("UPDATE parley.lease SET expires_at = now() - interval '1 s'", a->name());
  CHECK_FALSE(agree({a.get()}, {"c:3"}));
}

TEST_CASE("a server that takes no writes still says whether the lists agree", "[contract][postgres]") {
  const auto a = fresh(shared_server()), b = fresh(shared_server());
  CHECK_FALSE(agree({a.get()}));
  shared_server().execute("ALTER DATABASE " + a->name() + " SET default_transaction_read_only = on");
  CHECK_FALSE(agree({a.get()}));
  check_refused(agree({a.get(), b.get()}), "the cluster's list of databases is 1 long");
}

}  // namespace parley::contract
