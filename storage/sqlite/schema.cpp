#include "storage/sqlite/schema.hpp"

#include <sys/random.h>

#include <array>
#include <iterator>

namespace parley::sqlite {
namespace {

/// "PRLY": tells our files from another program's.
constexpr std::uint32_t application = 0x50524c59;

/// One entry takes the schema from its index to the next. Only ever add at the end.
constexpr const char* migrations[] = {
    // 1: terms, seqs and times stay below 2^53, so SQLite's signed integers hold them. The tables with wide keys are
    // WITHOUT ROWID: a room's events lie side by side, and a page of history is one walk.
    R"(
CREATE TABLE cluster (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  id TEXT NOT NULL,
  shards INTEGER NOT NULL,
  system TEXT NOT NULL
);
CREATE TABLE lease (
  incarnation TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  ends_at INTEGER NOT NULL,
  renewals INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE shard (
  shard INTEGER PRIMARY KEY,
  owner TEXT NOT NULL DEFAULT '',
  term INTEGER NOT NULL DEFAULT 0,
  n INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE room (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  shard INTEGER NOT NULL,
  instance TEXT NOT NULL,
  room TEXT NOT NULL,
  floor_term INTEGER NOT NULL DEFAULT 0,
  floor_seq INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE event (
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  term INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (room, seq)
) WITHOUT ROWID;
CREATE TABLE dedup_key (
  room INTEGER NOT NULL,
  sender TEXT NOT NULL,
  client_msg_id TEXT NOT NULL,
  term INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  digest BLOB,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (room, sender, client_msg_id)
) WITHOUT ROWID;
CREATE INDEX dedup_key_expiry ON dedup_key (expires_at);
)",
    // 2: a lease row is also its node's entry in the registry of nodes.
    R"(
ALTER TABLE lease ADD COLUMN peer_address TEXT NOT NULL DEFAULT '';
ALTER TABLE lease ADD COLUMN is_leaving INTEGER NOT NULL DEFAULT 0;
)",
};

error incompatible(const std::string& why) { return {errc::incompatible, why}; }

std::uint64_t number_of(connection& db, const char* sql) {
  auto q = db.run(sql);
  return q.step() ? q.number(0) : 0;
}

/// A version 4 UUID.
std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw failure(SQLITE_ERROR, "no randomness");
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  auto text = room_key{bytes}.hex();
  for (std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
  return text;
}

void create_cluster(connection& db, std::uint32_t shards) {
  db.change("INSERT INTO cluster (only_row, id, shards, system) VALUES (1, ?, ?, ?)", std::string_view(random_uuid()),
            std::uint64_t{shards}, std::string_view(random_uuid()));
  for (std::uint64_t shard = 0; shard < shards; ++shard) db.change("INSERT INTO shard (shard) VALUES (?)", shard);
}

void migrate(connection& db, std::size_t from, std::uint32_t shards) {
  db.execute("BEGIN IMMEDIATE");
  db.execute(migrations[from]);
  if (from == 0) create_cluster(db, shards);
  db.execute("PRAGMA application_id = " + std::to_string(application));
  db.execute("PRAGMA user_version = " + std::to_string(from + 1));
  db.execute("COMMIT");
}

}  // namespace

std::uint32_t schema_version() { return static_cast<std::uint32_t>(std::size(migrations)); }

result<identity> prepare(connection& db, std::uint32_t shards) {
  const auto version = number_of(db, "PRAGMA user_version");
  const bool is_new = version == 0 && number_of(db, "SELECT count(*) FROM sqlite_master") == 0;
  if (!is_new && number_of(db, "PRAGMA application_id") != application)
    return incompatible("the file is another program's SQLite database");
  if (version > schema_version())
    return incompatible("the database has schema " + std::to_string(version) + ", this program knows up to " +
                        std::to_string(schema_version()) + ": start a newer parleyd");
  for (auto from = static_cast<std::size_t>(version); from < schema_version(); ++from) migrate(db, from, shards);

  auto q = db.run("SELECT id, shards, system FROM cluster");
  if (!q.step()) return incompatible("the database has no cluster record");
  identity found{{q.text(0), static_cast<std::uint32_t>(q.number(1))}, q.text(2)};
  if (found.cluster.shards != shards)
    return incompatible("the database was made with " + std::to_string(found.cluster.shards) + " shards, not " +
                        std::to_string(shards) + ": the number is fixed when a cluster is made");
  return found;
}

}  // namespace parley::sqlite
