#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The little libpq that the reference programs share. Whatever fails ends the program: there is no result then.
namespace parley::limits {

using answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

class session {
public:
  explicit session(const std::string& dsn) : to_(PQconnectdb(dsn.c_str()), &PQfinish) {
    if (PQstatus(to_.get()) != CONNECTION_OK) fail();
  }
  void run(const char* sql) { check(PQexec(to_.get(), sql)); }
  void prepare(const char* name, const char* sql) { check(PQprepare(to_.get(), name, sql, 0, nullptr)); }
  /// Binary parameters in, binary rows out. @returns the rows, or the rows affected
  int execute(const char* name, const std::vector<std::string>& values) {
    starts_.clear(), lengths_.clear();
    formats_.assign(values.size(), 1);
    for (const auto& v : values) {
      starts_.push_back(v.data());
      lengths_.push_back(static_cast<int>(v.size()));
    }
    return check(PQexecPrepared(to_.get(), name, static_cast<int>(values.size()), starts_.data(), lengths_.data(),
                                formats_.data(), 1));
  }
  std::string text(const char* sql) {
    const answer got(PQexec(to_.get(), sql), &PQclear);
    return PQntuples(got.get()) > 0 ? PQgetvalue(got.get(), 0, 0) : "";
  }

private:
  int check(PGresult* r) {
    const answer got(r, &PQclear);
    const auto status = PQresultStatus(r);
    if (status == PGRES_TUPLES_OK) return PQntuples(r);
    if (status != PGRES_COMMAND_OK) fail();
    return std::atoi(PQcmdTuples(r));
  }
  [[noreturn]] void fail() {
    std::fprintf(stderr, "%s", PQerrorMessage(to_.get()));
    std::exit(1);
  }
  std::unique_ptr<PGconn, decltype(&PQfinish)> to_;
  std::vector<const char*> starts_;
  std::vector<int> lengths_, formats_;
};

template <class T>
void big_endian(std::string& out, T number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift));
}

template <class T>
std::string binary(T number) {
  std::string bytes;
  big_endian(bytes, number);
  return bytes;
}

/// A binary array parameter.
class array {
public:
  explicit array(std::uint32_t type) : type_(type) {}
  void add(std::string_view bytes) {
    big_endian(body_, static_cast<std::int32_t>(bytes.size()));
    body_ += bytes;
    ++count_;
  }
  template <class T>
  void add_number(T number) {
    add(binary(number));
  }
  std::string take() {
    std::string all;
    for (std::uint32_t word : {std::uint32_t{1}, std::uint32_t{0}, type_, count_, std::uint32_t{1}})
      big_endian(all, word);
    return all + body_;
  }

private:
  std::uint32_t type_, count_ = 0;
  std::string body_;
};

/// A room's key is a hash: its first bytes are spread over the index.
inline std::string room_key(std::size_t room) {
  std::string key;
  big_endian(key, static_cast<std::uint64_t>(room + 1) * 0x9e3779b97f4a7c15u);
  key.resize(16, '\0');
  return key;
}

/// The tables with the columns and indexes of the real ones, in a schema of their own.
inline constexpr const char* tables =
    "SET client_min_messages = warning; DROP SCHEMA IF EXISTS parley_loader CASCADE; CREATE SCHEMA parley_loader;"
    "CREATE TABLE parley_loader.event (seq bigint NOT NULL CHECK (seq > 0), term bigint NOT NULL, room uuid NOT NULL,"
    "  kind smallint NOT NULL, payload bytea NOT NULL, PRIMARY KEY (room, seq));"
    "CREATE TABLE parley_loader.dedup (seq bigint NOT NULL, term bigint NOT NULL, at bigint NOT NULL, expires_at "
    "timestamptz NOT NULL, room uuid NOT NULL, sender text COLLATE \"C\" NOT NULL, client_msg_id text COLLATE \"C\" "
    "NOT NULL, digest bytea, PRIMARY KEY (room, sender, client_msg_id));"
    "CREATE INDEX ON parley_loader.dedup USING brin (expires_at) WITH (pages_per_range = 32);"
    "CREATE TABLE parley_loader.shard (shard integer PRIMARY KEY, term bigint NOT NULL DEFAULT 1, n bigint NOT NULL "
    "DEFAULT 0, owner text COLLATE \"C\" NOT NULL DEFAULT 'loader') WITH (fillfactor = 10);";

inline constexpr const char* settings =
    "SET synchronous_commit = on; SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off";
inline constexpr const char* drop = "DROP SCHEMA IF EXISTS parley_loader CASCADE";

}  // namespace parley::limits
