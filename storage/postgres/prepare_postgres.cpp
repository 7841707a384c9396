#include "storage/postgres/prepare_postgres.hpp"

#include "storage/postgres/migrations.hpp"
#include "storage/postgres/start_session.hpp"

namespace parley {
namespace {

using postgres::failed_start;
using postgres::migration;
using postgres::refuse_start;
using session = postgres::start_session;

constexpr int server_version_min = 140000;  // client_connection_check_interval
/// Every node that migrates this database takes the same lock: "parley" in hexadecimal.
constexpr const char* lock_sql = "SELECT pg_advisory_lock(x'7061726c6579'::bigint)";

void check_server(session& db) {
  if (db.server_version() < server_version_min) refuse_start("PostgreSQL 14 or newer is needed");
  if (const auto encoding = db.ask("SHOW server_encoding"); encoding != "UTF8")
    refuse_start("the database's encoding is " + encoding + ", not UTF8");
}

/// Leases count by the database's clock alone, so that nothing breaks; but the time that an event bears is its owner's,
/// and a person reads it.
void compare_clocks(session& db, seconds ours, const std::string& name, log& log) {
  constexpr seconds apart_max{5};  // what a busy machine takes to answer
  const seconds theirs{db.number("SELECT extract(epoch FROM clock_timestamp())::int8")};
  if (const auto ahead = ours - theirs; std::chrono::abs(ahead) > apart_max)
    log.write(
        log_level::warn, "clock.apart",
        {{"ahead_s", std::to_string(ahead.count())},
         {"database", name},
         {"why", "this machine's clock and the database's differ: set both by NTP, events bear this one's time"}});
}

std::uint32_t schema_of(session& db) {
  if (db.ask("SELECT to_regclass('parley.schema_version')").empty()) return 0;
  return db.number("SELECT coalesce(max(version), 0) FROM parley.schema_version");
}

/// Shard count and cluster id are fixed with the first step, in its transaction.
void create_cluster(session& db, const postgres_options& options, const std::optional<cluster_record>& expected) {
  const auto shards = expected ? expected->shards : options.shards;
  if (expected)
    db.ask("INSERT INTO parley.cluster (id, shards) VALUES ($1, $2::int4)", {expected->id, std::to_string(shards)});
  else
    db.ask("INSERT INTO parley.cluster (id, shards) VALUES (gen_random_uuid()::text, $1::int4)",
           {std::to_string(shards)});
  db.ask("INSERT INTO parley.shard (shard) SELECT generate_series(0, $1::int4 - 1)", {std::to_string(shards)});
}

void apply(session& db, std::uint32_t version, const migration& step, const postgres_options& options,
           const std::optional<cluster_record>& expected, log& log) {
  db.run("BEGIN");
  if (version == 1)
    db.run(
        "CREATE SCHEMA IF NOT EXISTS parley; CREATE TABLE IF NOT EXISTS parley.schema_version (version integer "
        "PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
  db.run(step.sql);
  if (version == 1) create_cluster(db, options, expected);
  db.ask("INSERT INTO parley.schema_version (version, name) VALUES ($1::int4, $2)",
         {std::to_string(version), step.name});
  db.run("COMMIT");
  log.write(log_level::info, "postgres.migrated", {{"version", std::to_string(version)}, {"name", step.name}});
}

void migrate(session& db, const postgres_options& options, const std::optional<cluster_record>& expected, log& log) {
  const auto known = postgres_schema_version();
  if (schema_of(db) < known) {
    db.run(lock_sql);  // of the session: ends with it
    for (auto version = schema_of(db) + 1; version <= known; ++version)
      apply(db, version, postgres::migrations[version - 1], options, expected, log);
  }
  if (const auto found = schema_of(db); found > known)
    refuse_start("the database has schema " + std::to_string(found) + ", this program knows up to " +
                 std::to_string(known) + ": start a newer parleyd");
}

cluster_record verify(session& db, const postgres_options& options, const std::optional<cluster_record>& expected) {
  cluster_record found{db.ask("SELECT id FROM parley.cluster"), db.number("SELECT shards FROM parley.cluster")};
  if (found.id.empty()) refuse_start("the database has no cluster record");
  if (expected && found.id != expected->id) refuse_start("the database belongs to another cluster: " + found.id);
  const auto wanted = expected ? expected->shards : options.shards;
  if (found.shards != wanted)
    refuse_start("the database was made with " + std::to_string(found.shards) + " shards, not " +
                 std::to_string(wanted) + ": the number is fixed when a cluster is made");
  return found;
}

}  // namespace

std::uint32_t postgres_schema_version() { return static_cast<std::uint32_t>(postgres::migrations.size()); }

result<cluster_record> prepare_postgres(const postgres_options& options, std::optional<cluster_record> expected,
                                        log& log, unix_time now) {
  try {
    session db(options);
    check_server(db);
    compare_clocks(db, std::chrono::floor<seconds>(now.time_since_epoch()), options.name, log);
    db.run("SET statement_timeout = '60s'");
    migrate(db, options, expected, log);
    return verify(db, options, expected);
  } catch (const failed_start& f) {
    return f.why;
  }
}

}  // namespace parley
