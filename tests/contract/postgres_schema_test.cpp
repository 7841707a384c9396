// The schema's steps: from the first version to the present one, and no step back.
#include "storage/postgres/dsn.hpp"
#include "storage/postgres/prepare_postgres.hpp"
#include "tests/contract/postgres_faults.hpp"

namespace parley::contract {
namespace {

std::string schema_of(const postgres_store& where) {
  return shared_server().execute("SELECT max(version) FROM parley.schema_version", where.name())[0][0];
}

/// Takes back what came after the first version.
void step_back(const postgres_store& where) {
  auto& server = shared_server();
  server.execute(
      "ALTER TABLE parley.lease DROP COLUMN peer_address, DROP COLUMN is_leaving, DROP COLUMN is_asked_to_leave, "
      "DROP COLUMN endpoints, DROP COLUMN map;"
      "ALTER TABLE parley.shard DROP COLUMN wish, DROP COLUMN closed_until;"
      "DROP TABLE parley.place;"
      "ALTER TABLE parley.cluster DROP COLUMN place, DROP COLUMN databases, DROP COLUMN database_id, "
      "DROP COLUMN members, DROP COLUMN endpoints, DROP COLUMN changes",
      where.name());
  server.execute("DELETE FROM parley.schema_version WHERE version > 1", where.name());
}

/// Keeps what it is told: the event, and its first field.
class kept_log final : public log {
public:
  bool is_on(log_level) const override { return true; }
  void write(log_level, std::string_view event, std::initializer_list<log_field> fields) override {
    told.push_back(std::string(event) + " " + std::string(fields.begin()->value));
  }
  std::vector<std::string> told;
};

}  // namespace

TEST_CASE("a database of the first schema is brought up and keeps what it holds", "[contract][postgres]") {
  const auto store = fresh(shared_server());
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  const auto present = schema_of(*store);
  step_back(*store);
  store->reopen();
  CHECK(schema_of(*store) == present);
  await_writes(ana, room, 2);
  const auto bob = node_named("n2");
  const auto seen = value_of<lease_renewal>([&](auto done) {
    store->ownership().renew(bob, {std::chrono::minutes(1), "10.0.0.2:7500", true}, done);
  });
  CHECK(seen.nodes ==
        std::vector{cluster_node{ana.node(), "", false, true, 1}, cluster_node{bob, "10.0.0.2:7500", true, true, 1}});
}

TEST_CASE("a PostgreSQL database of a newer schema is refused untouched", "[contract][postgres]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  server.execute("INSERT INTO parley.schema_version (version, name) VALUES (999, 'later')", store->name());
  auto options = impatient();
  options.dsn = server.dsn(store->name());
  options.is_home = true;
  quiet_log log;
  const auto prepared = prepare_postgres(options, std::nullopt, log);
  REQUIRE_FALSE(prepared.has_value());
  CHECK(prepared.error().code == errc::incompatible);
  CHECK(prepared.error().detail.find("999") != std::string::npos);
  CHECK(schema_of(*store) == "999");
}

TEST_CASE("a machine whose clock is apart from the database's is told so, and nothing else happens",
          "[contract][postgres]") {
  const auto store = fresh(shared_server());
  auto options = impatient();
  options.dsn = shared_server().dsn(store->name());
  options.is_home = true;
  const auto true_time = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  for (const auto apart : {seconds(-3600), seconds(3600)}) {
    kept_log log;
    REQUIRE(prepare_postgres(options, std::nullopt, log, true_time + apart).has_value());
    REQUIRE(log.told.size() == 1);
    CHECK(log.told.front().starts_with(apart.count() < 0 ? "clock.apart -3" : "clock.apart 3"));
  }
  kept_log log;
  REQUIRE(prepare_postgres(options, std::nullopt, log, true_time).has_value());
  CHECK(log.told.empty());
}

TEST_CASE("a connection string that libpq cannot read is told from an address where nobody answers",
          "[contract][postgres]") {
  CHECK_FALSE(mistake_in_dsn("postgresql://ana@no-such-host.invalid:1/parley?sslmode=disable"));
  CHECK_FALSE(mistake_in_dsn("host=127.0.0.1 port=1 dbname=parley"));
  CHECK(mistake_in_dsn("postgresql://ana@127.0.0.1/parley?sslmod=require")->find("sslmod") != std::string::npos);
  CHECK(mistake_in_dsn("hots=127.0.0.1")->find("hots") != std::string::npos);
}

TEST_CASE("a commit waits for the disk, whatever the database's own default is", "[contract][postgres][C19][G1]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto& name = store->name();
  const auto mode = GENERATE(as<std::string>{}, "off", "local", "remote_apply");
  server.execute("ALTER DATABASE " + name + " SET synchronous_commit = " + mode, name);
  server.execute(
      "CREATE TABLE parley.seen (mode text);"
      "CREATE FUNCTION parley.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO parley.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;"
      "CREATE TRIGGER see AFTER INSERT ON parley.event EXECUTE FUNCTION parley.see()",
      name);
  store->reopen();
  owner ana(*store, "n1", {1});
  ana.say(room_named("general", 1), {said(1, "one")});
  // What an operator made stricter stays.
  CHECK(server.execute("SELECT DISTINCT mode FROM parley.seen", name)[0][0] == (mode == "remote_apply" ? mode : "on"));
  CHECK_FALSE(store->errors().has("postgres.not_durable"));
}

TEST_CASE("a server that does not write through to its disk is named as an error, and served",
          "[contract][postgres][C19][G1]") {
  const auto setting = GENERATE(as<std::string>{}, "fsync=off", "full_page_writes=off");
  testing::private_postgres server({setting});
  const auto store = fresh(server);
  CHECK(testing::eventually([&] { return store->errors().has("postgres.not_durable"); }));
  owner ana(*store, "n1", {1});
  ana.say(room_named("general", 1), {said(1, "one")});
}

}  // namespace parley::contract
