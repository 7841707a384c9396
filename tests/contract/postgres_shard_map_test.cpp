// What places the shards is agreed in the databases: nodes whose lists differ do not start.
#include "storage/postgres/shard_map.hpp"
#include "tests/contract/postgres_faults.hpp"

namespace parley::contract {
namespace {

/// The second database of three, unless said otherwise.
struct asked_store {
  std::optional<error> agrees(std::size_t place, std::size_t databases, std::vector<std::string> endpoints = {}) {
    auto options = impatient();
    options.dsn = shared_server().dsn(store->name());
    return agree_on_shard_map(options, {place, databases, std::move(endpoints)});
  }
  std::unique_ptr<postgres_store> store = fresh(shared_server());
};

void check_refused(const std::optional<error>& why, std::string_view words) {
  REQUIRE(why);
  CHECK(why->code == errc::incompatible);
  CHECK(why->detail.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a database keeps its number in the list, and how many there are", "[contract][postgres]") {
  asked_store s;
  CHECK_FALSE(s.agrees(2, 3));
  CHECK_FALSE(s.agrees(2, 3));
  check_refused(s.agrees(1, 3), "it is number 2 of the cluster's databases, and number 1 of this node's list");
  check_refused(s.agrees(2, 2), "the cluster's list of databases is 3 long, this node's is 2 long");
  CHECK_FALSE(s.agrees(2, 3));
}

TEST_CASE("the list of Redis endpoints changes only while no node runs", "[contract][postgres]") {
  asked_store s;
  CHECK_FALSE(s.agrees(1, 1, {"a:1", "b:2"}));
  CHECK_FALSE(s.agrees(1, 1, {"b:2", "a:1"}));  // nobody has a lease
  owner ana(*s.store, "n1", {1});
  check_refused(s.agrees(1, 1, {"a:1", "b:2"}),
                "the running nodes' Redis endpoints are b:2 a:1, this node's are a:1 b:2");
  CHECK_FALSE(s.agrees(1, 1, {"b:2", "a:1"}));
  shared_server().execute("UPDATE parley.lease SET expires_at = now() - interval '1 s'", s.store->name());
  CHECK_FALSE(s.agrees(1, 1, {"c:3"}));
}

TEST_CASE("a server that takes no writes still says whether the lists agree", "[contract][postgres]") {
  asked_store s;
  CHECK_FALSE(s.agrees(1, 1, {"a:1"}));
  shared_server().execute("ALTER DATABASE " + s.store->name() + " SET default_transaction_read_only = on");
  CHECK_FALSE(s.agrees(1, 1, {"a:1"}));
  check_refused(s.agrees(1, 2, {"a:1"}), "the cluster's list of databases is 1 long, this node's is 2 long");
}

}  // namespace parley::contract
