// Ended dedup keys leave by themselves, and nobody waits for it.
#include "storage/postgres/statements.hpp"
#include "tests/contract/postgres_faults.hpp"

#include <regex>

namespace parley::contract {
namespace {

postgres_options sweeping() {
  auto options = waiting();
  options.sweep_period = milliseconds{20};
  return options;
}

std::string count(const testing::private_postgres& server, const std::string& database, const std::string& which) {
  return server.execute("SELECT count(*) FROM parley.dedup WHERE " + which, database)[0][0];
}

void add_keys(const testing::private_postgres& server, const std::string& database, const std::string& end, int keys) {
  server.execute("INSERT INTO parley.dedup SELECT 1, 1, 1, now() + interval '" + end +
                     "', gen_random_uuid(), 'ana', n::text, '' FROM generate_series(1, " + std::to_string(keys) + ") n",
                 database);
}

}  // namespace

TEST_CASE("ended keys are removed wherever they lie in the table, and no others", "[contract][postgres][sweep][G5]") {
  auto& server = shared_server();
  const auto name = server.create_database();
  { const postgres_store makes_the_schema(server, name, waiting()); }
  add_keys(server, name, "1 hour", 9'000);
  add_keys(server, name, "-1 second", 15'000);
  add_keys(server, name, "1 hour", 9'000);
  const postgres_store store(server, name, sweeping());
  CHECK(testing::eventually([&] { return count(server, name, "expires_at < now()") == "0"; }));
  // Freed space is used again: old keys behind young ones, and before them.
  server.execute("VACUUM parley.dedup", name);
  add_keys(server, name, "-1 second", 5'000);
  CHECK(testing::eventually([&] { return count(server, name, "expires_at < now()") == "0"; }));
  CHECK(count(server, name, "true") == "18000");
}

TEST_CASE("a look reads its blocks of the table and no others", "[contract][postgres][sweep]") {
  auto& server = shared_server();
  const auto name = server.create_database();
  { const postgres_store makes_the_schema(server, name, waiting()); }
  add_keys(server, name, "1 hour", 20'000);
  server.execute("ANALYZE parley.dedup", name);
  std::string look = postgres::sql::sweep_keys.sql;
  for (const auto& [parameter, value] : {std::pair{"\\$1", "2000"}, {"\\$2", "64"}, {"\\$3", "192"}})
    look = std::regex_replace(look, std::regex(parameter), value);
  std::string plan;
  for (const auto& line : server.execute("EXPLAIN " + look, name)) plan += line[0] + '\n';
  INFO(plan);
  CHECK(plan.find("Tid Range Scan on dedup") != std::string::npos);
  CHECK(plan.find("Index") == std::string::npos);
}

TEST_CASE("a lease is renewed while the sweep waits", "[contract][postgres][sweep][C8]") {
  auto& server = shared_server();
  const auto store = fresh(server, sweeping());
  foreign_session foreign(server, store->name());
  foreign.run("LOCK TABLE parley.dedup IN ACCESS EXCLUSIVE MODE");
  const auto is_sweep_waiting = [&] {
    return server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = '" + store->name() +
                          "' AND wait_event_type = 'Lock' AND query LIKE '%parley.dedup%'")[0][0] != "0";
  };
  REQUIRE(testing::eventually(is_sweep_waiting));
  const auto renewed = value_of<lease_renewal>([&](auto done) {
    store->ownership().renew(node_named("n1"), {std::chrono::minutes(1), {}, false}, std::move(done));
  });
  CHECK(renewed.renewals == 1);
  CHECK(is_sweep_waiting());
}

}  // namespace parley::contract
