#pragma once

#include "tests/contract/postgres_store.hpp"
#include "tests/contract/steps.hpp"
#include "tests/support/eventually.hpp"

#include <libpq-fe.h>
#include <signal.h>

#include <atomic>
#include <future>
/// What the tests of PostgreSQL's own faults share.
namespace parley::contract {

using outcome_of = std::future<result<append_outcome>>;

/// A transaction of somebody else, open until it is ended.
class foreign_session {
public:
  foreign_session(const testing::private_postgres& server, const std::string& database)
      : to_(PQconnectdb(server.dsn(database).c_str()), &PQfinish) {
    run("BEGIN");
  }
  void run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(to_.get(), sql.c_str()), &PQclear);
    INFO(PQresultErrorMessage(answer.get()));
    REQUIRE((PQresultStatus(answer.get()) == PGRES_COMMAND_OK || PQresultStatus(answer.get()) == PGRES_TUPLES_OK));
  }

private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> to_;
};

inline std::unique_ptr<postgres_store> fresh(testing::private_postgres& server,
                                             postgres_options options = impatient()) {
  return std::make_unique<postgres_store>(server, server.create_database(), std::move(options));
}

inline outcome_of start(store& where, append_batch batch) {
  auto promised = std::make_shared<std::promise<result<append_outcome>>>();
  where.events().append(std::move(batch), [promised](auto r) { promised->set_value(std::move(r)); });
  return promised->get_future();
}

inline result<append_outcome> end_of(outcome_of& f) {
  if (f.wait_for(patience) != std::future_status::ready) FAIL("no answer in time");
  return f.get();
}

inline recovered recover_one(store& where, const owner& who, std::uint32_t shard, attempt past,
                             std::vector<room_ref> rooms) {
  recovered found;
  // As the writer does: while the recovery itself breaks, again with a larger number.
  REQUIRE(testing::eventually([&] {
    auto r = answer_of<recovered>([&](auto done) {
      where.events().recover({who.node().incarnation, {{shard_id{shard}, who.term_of(shard), past}}, rooms}, done);
    });
    if (r) found = *r;
    past.value += 1;
    return r.has_value();
  }));
  return found;
}

/// Polls until the adapter answers again.
inline void await_reads(store& where, const room_ref& room) {
  REQUIRE(testing::eventually([&] {
    return answer_of<std::vector<marked_head>>([&](auto done) { where.events().heads({room}, done); }).has_value();
  }));
}

inline void await_writes(owner& ana, const room_ref& room, std::uint64_t s) {
  REQUIRE(testing::eventually([&] {
    const auto r = ana.send(ana.batch_of({ana.append_of(room, ana.at(room->shard.value, s - 1), {said(s, "again")})}));
    return r && r->verdicts == std::vector{shard_verdict::committed};
  }));
}

/// Of the connection that last ran a checked append.
inline pid_t writer_pid(const testing::private_postgres& server, const std::string& database) {
  const auto rows = server.execute("SELECT pid FROM pg_stat_activity WHERE datname = '" + database +
                                   "' AND query LIKE '%parley.refuse_hole(a.room%'");
  REQUIRE(rows.size() == 1);
  return static_cast<pid_t>(std::stol(rows[0][0]));
}

inline bool waits_for_a_lock(const testing::private_postgres& server, const std::string& database) {
  return !server
              .execute("SELECT 1 FROM pg_stat_activity WHERE datname = '" + database + "' AND wait_event_type = 'Lock'")
              .empty();
}

/// An append that stands still in mid-statement: it waits for a key that another session inserted and has not
/// committed.
struct stuck_append {
  stuck_append(testing::private_postgres& server, postgres_store& where, owner& ana, const room_ref& room)
      : blocker(server, where.name()) {
    std::string key = room->key.hex();
    blocker.run(
        "INSERT INTO parley.dedup (seq, term, at, expires_at, room, sender, client_msg_id) VALUES (1, 1, 1, "
        "now() + interval '1 h', '" +
        key + "', 'ana', 'key')");
    own = ana.fence(room->shard.value).own;
    outcome = start(where, ana.batch_of({ana.append_of(room, {}, {said(1, "stuck", "key")})}));
    REQUIRE(testing::eventually([&] { return waits_for_a_lock(server, where.name()); }));
  }
  foreign_session blocker;
  attempt own;
  outcome_of outcome;
};

inline postgres_options waiting() {
  auto options = impatient();
  options.lock_timeout = milliseconds{20000};
  options.statement_timeout = milliseconds{20000};
  return options;
}

}  // namespace parley::contract
