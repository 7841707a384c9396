// What PostgreSQL can do for the rows that a publish writes, with nothing around it: the reference of goals P1 and P5.
// One connection, one INSERT of a batch of events and of their keys per transaction, into tables with the columns and
// indexes of the real ones. No rooms, no check, and the next batch leaves when the last is committed. With --fence each
// transaction also moves the fence row of every shard that it writes, under the condition that it still stands as this
// program left it; a batch of one is then the "one-event fenced commit".
#include "loadtest/limits/libpq_session.hpp"
#include "loadtest/limits/punctual.hpp"
#include "loadtest/load/latency_histogram.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <set>
#include <thread>

namespace {

using namespace parley::limits;
using clock = std::chrono::steady_clock;

struct options {
  std::string dsn;
  int batch = 100;
  int rooms = 100;
  int shards = 256;
  int payload = 200;  // bytes: the stored form of a 160 B text
  double warm_up = 1, seconds = 20;
  bool fence = false;
  double rate = 0;  // transactions/s of an open loop; 0: the next leaves when the last is committed
};

/// The keys and the events of a batch in one statement, as an application without a fence would write them.
constexpr const char* insert =
    "WITH keys AS (INSERT INTO parley_loader.dedup (room, sender, client_msg_id, seq, term, at, digest, expires_at) "
    "SELECT k.room, k.sender, k.id, k.seq, 1, k.seq, k.digest, now() + interval '1 day' "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int8[], $5::bytea[]) AS k(room, sender, id, seq, digest)) "
    "INSERT INTO parley_loader.event (room, seq, term, kind, payload) SELECT e.room, e.seq, 1, 1, e.payload "
    "FROM unnest($1::uuid[], $4::int8[], $6::bytea[]) AS e(room, seq, payload)";

/// All shards of a batch or none: the least that still is a fence.
constexpr const char* insert_fenced =
    "WITH hit AS (UPDATE parley_loader.shard s SET n = s.n + 1 FROM unnest($7::int4[]) AS w(shard) "
    "WHERE s.shard = w.shard AND s.owner = 'loader' AND s.term = 1 RETURNING 1), "
    "keys AS (INSERT INTO parley_loader.dedup (room, sender, client_msg_id, seq, term, at, digest, expires_at) "
    "SELECT k.room, k.sender, k.id, k.seq, 1, k.seq, k.digest, now() + interval '1 day' "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int8[], $5::bytea[]) AS k(room, sender, id, seq, digest) "
    "WHERE (SELECT count(*) FROM hit) = cardinality($7::int4[])) "
    "INSERT INTO parley_loader.event (room, seq, term, kind, payload) SELECT e.room, e.seq, 1, 1, e.payload "
    "FROM unnest($1::uuid[], $4::int8[], $6::bytea[]) AS e(room, seq, payload) "
    "WHERE (SELECT count(*) FROM hit) = cardinality($7::int4[])";

/// One event, without arrays.
constexpr const char* insert_one_fenced =
    "WITH hit AS (UPDATE parley_loader.shard SET n = n + 1 WHERE shard = $6::int4 AND owner = 'loader' AND term = 1 "
    "RETURNING 1), "
    "keys AS (INSERT INTO parley_loader.dedup (room, sender, client_msg_id, seq, term, at, digest, expires_at) "
    "SELECT $1::uuid, $2::text, $3::text, $4::int8, 1, $4::int8, $5::bytea, now() + interval '1 day' FROM hit) "
    "INSERT INTO parley_loader.event (room, seq, term, kind, payload) SELECT $1::uuid, $4::int8, 1, 1, $7::bytea "
    "FROM hit";

class loader {
public:
  loader(const options& o)
      : o_(o),
        db_(o.dsn),
        digest_(16, 'd'),
        payload_(static_cast<std::size_t>(o.payload), 'x'),
        heads_(static_cast<std::size_t>(o.rooms), 0),
        is_single_(o.fence && o.batch == 1) {
    db_.run(tables);
    db_.run(settings);
    db_.run(("INSERT INTO parley_loader.shard (shard) SELECT generate_series(0, " + std::to_string(o.shards - 1) + ")")
                .c_str());
    db_.prepare("insert", is_single_ ? insert_one_fenced : o.fence ? insert_fenced : insert);
  }
  ~loader() { db_.run(drop); }

  void measure() {
    const auto wal = [&] { return std::stod(db_.text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")); };
    run_for(o_.warm_up);
    const auto events_before = events_;
    const double wal_before = wal();
    latencies_ = {};
    std::puts("begin");
    std::fflush(stdout);
    const auto begin = clock::now();
    run_for(o_.seconds);
    const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
    const auto events = static_cast<double>(events_ - events_before);
    const auto us = [&](double share) { return static_cast<double>(latencies_.at(share).count()) / 1000; };
    std::printf(
        "{\"events\":%.0f,\"seconds\":%.3f,\"events_per_second\":%.0f,\"commit_p50_us\":%.1f,\"commit_p99_us\":%.1f,"
        "\"wal_bytes_per_event\":%.0f,\"batch\":%d,\"fence\":%s}\n",
        events, seconds, events / seconds, us(0.5), us(0.99), (wal() - wal_before) / events, o_.batch,
        o_.fence ? "true" : "false");
    std::fflush(stdout);
  }

private:
  void run_for(double seconds) {
    const auto end = clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
    const std::chrono::duration<double> period(o_.rate > 0 ? 1 / o_.rate : 0);
    for (due_ = clock::now(); due_ < end;) {
      is_single_ ? insert_one() : insert_batch();
      due_ = o_.rate > 0 ? due_ + std::chrono::duration_cast<clock::duration>(period) : clock::now();
      std::this_thread::sleep_until(due_);
    }
  }

  void commit(const std::vector<std::string>& values) {
    const int rows = db_.execute("insert", values);
    latencies_.add(clock::now() - due_);
    if (rows != o_.batch) std::fprintf(stderr, "pg_loader: %d rows, not %d\n", rows, o_.batch), std::exit(1);
  }

  std::string next_id() {
    char id[32];
    std::snprintf(id, sizeof id, "%019llu", static_cast<unsigned long long>(++events_));
    return id;  // time-ordered, as our clients make them
  }
  std::string sender() const { return "user-" + std::to_string(events_ % 50); }
  std::int32_t shard(std::size_t room) const {
    return static_cast<std::int32_t>(room % static_cast<unsigned>(o_.shards));
  }

  void insert_one() {
    const auto id = next_id();
    commit({room_key(room_), sender(), id, binary(static_cast<std::int64_t>(++heads_[room_])), digest_,
            binary(shard(room_)), payload_});
    room_ = (room_ + 1) % heads_.size();
  }

  void insert_batch() {
    array rooms(2950), senders(25), ids(25), seqs(20), digests(17), payloads(17), shards(23);
    std::set<std::int32_t> touched;
    for (int i = 0; i < o_.batch; ++i) {
      const auto id = next_id();
      rooms.add(room_key(room_));
      senders.add(sender());
      ids.add(id);
      seqs.add_number(static_cast<std::int64_t>(++heads_[room_]));
      digests.add(digest_);
      payloads.add(payload_);
      touched.insert(shard(room_));
      room_ = (room_ + 1) % heads_.size();
    }
    std::vector<std::string> values{rooms.take(), senders.take(), ids.take(),
                                    seqs.take(),  digests.take(), payloads.take()};
    if (o_.fence) {
      for (const auto s : touched) shards.add_number(s);
      values.push_back(shards.take());
    }
    commit(values);
  }

  const options& o_;
  session db_;
  std::string digest_, payload_;
  std::vector<std::uint64_t> heads_;
  const bool is_single_;
  clock::time_point due_;  ///< when the transaction had to leave: parley-load's clocks start there too
  std::size_t room_ = 0;
  std::uint64_t events_ = 0;
  parley::load::latency_histogram latencies_;
};

}  // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{
      "Writes to the tables of a schema parley_loader, which it makes and drops. Prints `begin`, then one line of "
      "JSON.\nExit codes: 0 measured, 1 failed, 2 usage."};
  app.add_option("--dsn", o.dsn, "libpq connection string")->required();
  app.add_option("--batch", o.batch, "events of one transaction")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--rooms", o.rooms, "rooms, written in turn")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--shards", o.shards, "fence rows")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--payload", o.payload, "bytes of an event's payload")->capture_default_str();
  app.add_option("--warm-up", o.warm_up, "seconds before what is measured")->capture_default_str();
  app.add_option("--seconds", o.seconds, "what is measured")->capture_default_str();
  app.add_option("--rate", o.rate, "transactions/s; 0: one after the other")->check(CLI::NonNegativeNumber);
  app.add_flag("--fence", o.fence, "each transaction also moves the fence rows of the shards that it writes");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  be_punctual();
  loader(o).measure();
  return 0;
}
