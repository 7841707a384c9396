// What PostgreSQL can do for the rows that a publish writes, with nothing around it: the reference of goal P1. One
// connection, one batched INSERT of events and one of their keys per transaction, into tables of their own with the
// columns and indexes of the real ones. No fence, no rooms, no check, and the next batch leaves when the last is
// committed.
#include <libpq-fe.h>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct options {
  std::string dsn;
  int batch = 100;
  int rooms = 100;
  int payload = 200;  // bytes: the stored form of a 160 B text
  int seconds = 20;
  bool as_json = false;
};

constexpr const char* usage =
    "pg_loader --dsn DSN [--batch 100] [--rooms 100] [--payload 200] [--seconds 20] [--json]\n"
    "Writes to the tables of a schema parley_loader, which it makes and drops. Exit codes: 0 measured, 1 failed, 2 "
    "usage.\n";

options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (name == "--help") {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (name == "--json") {
      o.as_json = true;
      continue;
    }
    int* number = name == "--batch"     ? &o.batch
                  : name == "--rooms"   ? &o.rooms
                  : name == "--payload" ? &o.payload
                  : name == "--seconds" ? &o.seconds
                                        : nullptr;
    if (value && name == "--dsn")
      o.dsn = value;
    else if (value && number && (*number = std::atoi(value)) > 0) {
    } else {
      std::fputs(usage, stderr);
      std::exit(2);
    }
    ++i;
  }
  if (o.dsn.empty()) {
    std::fputs(usage, stderr);
    std::exit(2);
  }
  return o;
}

using answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

class session {
public:
  explicit session(const std::string& dsn) : to_(PQconnectdb(dsn.c_str()), &PQfinish) {
    if (PQstatus(to_.get()) != CONNECTION_OK) fail();
  }
  void run(const char* sql) { check(PQexec(to_.get(), sql)); }
  void prepare(const char* name, const char* sql) { check(PQprepare(to_.get(), name, sql, 0, nullptr)); }
  void execute(const char* name, const std::vector<std::string>& values) {
    std::vector<const char*> starts;
    std::vector<int> lengths, formats(values.size(), 1);
    for (const auto& v : values) {
      starts.push_back(v.data());
      lengths.push_back(static_cast<int>(v.size()));
    }
    check(PQexecPrepared(to_.get(), name, static_cast<int>(values.size()), starts.data(), lengths.data(),
                         formats.data(), 1));
  }
  std::string text(const char* sql) {
    const answer got(PQexec(to_.get(), sql), &PQclear);
    return PQntuples(got.get()) ? PQgetvalue(got.get(), 0, 0) : "";
  }
  int backend() const { return PQbackendPID(to_.get()); }

private:
  void check(PGresult* r) {
    const answer got(r, &PQclear);
    const auto status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail();
  }
  [[noreturn]] void fail() {
    std::fprintf(stderr, "pg_loader: %s", PQerrorMessage(to_.get()));
    std::exit(1);
  }
  std::unique_ptr<PGconn, decltype(&PQfinish)> to_;
};

template <class T>
void big_endian(std::string& out, T number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift));
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
    std::string bytes;
    big_endian(bytes, number);
    add(bytes);
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

/// CPU seconds of a server process, user and system; below 0 where this is not its machine or not our right.
double cpu_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string all((std::istreambuf_iterator<char>(file)), {});
  const auto end_of_name = all.rfind(')');
  if (end_of_name == std::string::npos) return -1;
  std::istringstream words(all.substr(end_of_name + 2));
  std::vector<std::string> fields(std::istream_iterator<std::string>(words), {});
  if (fields.size() < 13) return -1;
  return (std::stod(fields[11]) + std::stod(fields[12])) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

constexpr const char* tables =
    "SET client_min_messages = warning; DROP SCHEMA IF EXISTS parley_loader CASCADE; CREATE SCHEMA parley_loader;"
    "CREATE TABLE parley_loader.event (seq bigint NOT NULL CHECK (seq > 0), term bigint NOT NULL, room uuid NOT NULL,"
    "  kind smallint NOT NULL, payload bytea NOT NULL, PRIMARY KEY (room, seq));"
    "CREATE TABLE parley_loader.dedup (seq bigint NOT NULL, term bigint NOT NULL, at bigint NOT NULL, expires_at "
    "timestamptz"
    "  NOT NULL, room uuid NOT NULL, sender text COLLATE \"C\" NOT NULL, client_msg_id text COLLATE \"C\" NOT NULL,"
    "  digest bytea, PRIMARY KEY (room, sender, client_msg_id));"
    "CREATE INDEX ON parley_loader.dedup USING brin (expires_at) WITH (pages_per_range = 32);"
    "SET synchronous_commit = on; SET plan_cache_mode = force_generic_plan; SET jit = off";

/// The keys and the events of a batch in one statement, as an application without a fence would write them.
constexpr const char* insert =
    "WITH keys AS (INSERT INTO parley_loader.dedup (room, sender, client_msg_id, seq, term, at, digest, expires_at) "
    "SELECT k.room, k.sender, k.id, k.seq, 1, k.seq, k.digest, now() + interval '1 day' "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int8[], $5::bytea[]) AS k(room, sender, id, seq, digest)) "
    "INSERT INTO parley_loader.event (room, seq, term, kind, payload) SELECT e.room, e.seq, 1, 1, e.payload "
    "FROM unnest($1::uuid[], $4::int8[], $6::bytea[]) AS e(room, seq, payload)";

struct figures {
  std::uint64_t events = 0;
  double seconds = 0;
  double cpu = -1;
  double wal_bytes = 0;
};

figures measure(session& db, const options& o) {
  const std::string digest(16, 'd'), payload(static_cast<std::size_t>(o.payload), 'x');
  std::vector<std::uint64_t> heads(static_cast<std::size_t>(o.rooms), 0);
  figures f;
  std::size_t room = 0;
  const auto wal = [&] { return std::stod(db.text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")); };
  const double cpu_before = cpu_of(db.backend()), wal_before = wal();
  const auto begin = std::chrono::steady_clock::now();
  const auto end = begin + std::chrono::seconds(o.seconds);
  while (std::chrono::steady_clock::now() < end) {
    array rooms(2950), senders(25), ids(25), seqs(20), digests(17), payloads(17);
    for (int i = 0; i < o.batch; ++i) {
      // A real key is a hash: its first bytes are spread over the index.
      std::string key(16, '\0');
      const auto hash = (room + 1) * 0x9e3779b97f4a7c15u;
      std::memcpy(key.data(), &hash, sizeof hash);
      char id[32];
      std::snprintf(id, sizeof id, "%019llu", static_cast<unsigned long long>(++f.events));
      rooms.add(key);
      senders.add("user-" + std::to_string(f.events % 50));
      ids.add(id);  // time-ordered, as our clients make them
      seqs.add_number(static_cast<std::int64_t>(++heads[room]));
      digests.add(digest);
      payloads.add(payload);
      room = (room + 1) % heads.size();
    }
    db.execute("insert", {rooms.take(), senders.take(), ids.take(), seqs.take(), digests.take(), payloads.take()});
  }
  f.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  f.cpu = cpu_before < 0 ? -1 : cpu_of(db.backend()) - cpu_before;
  f.wal_bytes = wal() - wal_before;
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  const auto o = parse(argc, argv);
  session db(o.dsn);
  db.run(tables);
  db.prepare("insert", insert);
  const auto f = measure(db, o);
  db.run("DROP SCHEMA parley_loader CASCADE");
  const double events = static_cast<double>(f.events), cpu_us = f.cpu < 0 ? -1 : f.cpu * 1e6 / events;
  std::printf(o.as_json
                  ? "{\"events\":%.0f,\"events_per_second\":%.0f,\"backend_cpu_us_per_event\":%.2f,"
                    "\"wal_bytes_per_event\":%.0f,\"batch\":%d}\n"
                  : "%.0f events, %.0f events/s, backend CPU %.2f us/event (below 0: not readable), WAL %.0f B/event, "
                    "batch %d\n",
              events, events / f.seconds, cpu_us, f.wal_bytes / events, o.batch);
  return 0;
}
