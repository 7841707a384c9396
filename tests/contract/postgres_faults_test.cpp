// What only a server beside us can do to a log: die, stand still, be locked, be read-only, or end a session.
#include "tests/contract/postgres_store.hpp"
#include "tests/contract/steps.hpp"
#include "tests/support/eventually.hpp"

#include <libpq-fe.h>
#include <signal.h>

#include <atomic>
#include <future>

namespace parley::contract {
namespace {

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

std::unique_ptr<postgres_store> fresh(testing::private_postgres& server, postgres_options options = impatient()) {
  return std::make_unique<postgres_store>(server, server.create_database(), std::move(options));
}

outcome_of start(store& where, append_batch batch) {
  auto promised = std::make_shared<std::promise<result<append_outcome>>>();
  where.events().append(std::move(batch), [promised](auto r) { promised->set_value(std::move(r)); });
  return promised->get_future();
}

result<append_outcome> end_of(outcome_of& f) {
  if (f.wait_for(patience) != std::future_status::ready) FAIL("no answer in time");
  return f.get();
}

recovered recover_one(store& where, const owner& who, std::uint32_t shard, attempt past, std::vector<room_ref> rooms) {
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
void await_reads(store& where, const room_ref& room) {
  REQUIRE(testing::eventually([&] {
    return answer_of<std::vector<marked_head>>([&](auto done) { where.events().heads({room}, done); }).has_value();
  }));
}

void await_writes(owner& ana, const room_ref& room, std::uint64_t s) {
  REQUIRE(testing::eventually([&] {
    const auto r = ana.send(ana.batch_of({ana.append_of(room, ana.at(room->shard.value, s - 1), {said(s, "again")})}));
    return r && r->verdicts == std::vector{shard_verdict::committed};
  }));
}

/// Of the connection that last ran a checked append.
pid_t writer_pid(const testing::private_postgres& server, const std::string& database) {
  const auto rows = server.execute("SELECT pid FROM pg_stat_activity WHERE datname = '" + database +
                                   "' AND query LIKE '%parley.refuse_hole(a.room%'");
  REQUIRE(rows.size() == 1);
  return static_cast<pid_t>(std::stol(rows[0][0]));
}

bool waits_for_a_lock(const testing::private_postgres& server, const std::string& database) {
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

postgres_options waiting() {
  auto options = impatient();
  options.lock_timeout = milliseconds{20000};
  options.statement_timeout = milliseconds{20000};
  return options;
}

}  // namespace

TEST_CASE("a session ended in mid-append leaves an unknown outcome that recovery finds empty",
          "[contract][postgres][C6]") {
  auto& server = shared_server();
  const auto store = fresh(server, waiting());
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  stuck_append stuck(server, *store, ana, room);
  server.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '" +
      store->name() + "'");
  const auto outcome = end_of(stuck.outcome);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == errc::outcome_unknown);
  const auto before = ana.n_of(1);
  const auto found = recover_one(*store, ana, 1, attempt{stuck.own.value + 10}, {room});
  CHECK(found.shards.at(0).is_owner);
  CHECK(found.shards[0].found == before);
  CHECK(found.heads == std::vector{room_head{}});
}

TEST_CASE("a commit whose answer was lost is found by recovery", "[contract][postgres][C6]") {
  auto& server = shared_server();
  auto options = impatient();
  options.statement_timeout = milliseconds{700};
  const auto store = fresh(server, options);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  // The backend stands still before it reads the append, and goes on when the adapter has hung up: what stands in its
  // socket is still executed and committed, and the answer goes nowhere.
  const auto pid = writer_pid(server, store->name());
  ::kill(pid, SIGSTOP);
  const auto own = ana.fence(1).own;
  auto lost = start(*store, ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "two", "key")})}));
  const auto outcome = end_of(lost);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == errc::outcome_unknown);
  ::kill(pid, SIGCONT);
  REQUIRE(testing::eventually([&] { return mark_of(*store, 1).n == own; }));
  const auto past = attempt{own.value + 10};
  const auto found = recover_one(*store, ana, 1, past, {room});
  CHECK(found.shards.at(0).found == own);
  CHECK(found.heads.at(0).head == ana.at(1, 2));
}

TEST_CASE("an append that recovery overtook writes nothing, however late it runs", "[contract][postgres][C6][G2]") {
  auto& server = shared_server();
  auto options = impatient();
  options.statement_timeout = milliseconds{700};
  const auto store = fresh(server, options);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  const auto pid = writer_pid(server, store->name());
  ::kill(pid, SIGSTOP);
  const auto before = ana.n_of(1);
  const auto own = ana.fence(1).own;
  auto late = start(*store, ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "late", "key")})}));
  CHECK(end_of(late).error().code == errc::outcome_unknown);
  const auto past = attempt{own.value + 10};
  const auto found = recover_one(*store, ana, 1, past, {room});
  CHECK(found.shards.at(0).found == before);
  CHECK(found.heads.at(0).head == ana.at(1, 1));
  ::kill(pid, SIGCONT);
  // It is over when its backend is gone: it ran the late append, and could not answer.
  REQUIRE(testing::eventually(
      [&] { return server.execute("SELECT 1 FROM pg_stat_activity WHERE pid = " + std::to_string(pid)).empty(); }));
  CHECK(head_of(*store, room).head == ana.at(1, 1));
  CHECK(mark_of(*store, 1).n >= past);
}

TEST_CASE("a server killed in mid-append loses nothing that was acknowledged", "[contract][postgres][G1][C6]") {
  testing::private_postgres server;
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  std::atomic<std::uint64_t> tried = 0;
  std::uint64_t acked = 0;
  attempt own;
  std::atomic<bool> is_killed = false;
  std::thread killer([&] {
    testing::eventually([&] { return tried >= 50; });
    server.kill();
    is_killed = true;
  });
  for (;;) {
    const auto s = acked + 1;
    own = ana.fence(1).own;
    const auto outcome = ana.send(ana.batch_of(
        {ana.append_of(room, s == 1 ? position{} : ana.at(1, s - 1), {said(s, "m", "k" + std::to_string(s))})}));
    tried = s;
    if (!outcome) {
      CHECK((outcome.error().code == errc::outcome_unknown || outcome.error().code == errc::unavailable));
      break;
    }
    REQUIRE(outcome->verdicts == std::vector{shard_verdict::committed});
    acked = s;
  }
  killer.join();
  CHECK(is_killed);
  CHECK(acked >= 49);
  auto resolving = std::async(std::launch::async, [&] {
    return answer_of<recovered>([&](auto done) {
      store->events().recover(
          {ana.node().incarnation, {{shard_id{1}, ana.term_of(1), attempt{own.value + 10}}}, {room}}, done);
    });
  });
  server.start();
  const auto answer = resolving.get();
  const auto found = answer ? *answer : recover_one(*store, ana, 1, attempt{own.value + 20}, {room});
  const auto head = found.heads.at(0).head.seq.value;
  CHECK((head == acked || head == acked + 1));
  const bool is_last_stored = head == acked + 1;
  CHECK((found.shards.at(0).found == own) == is_last_stored);
  await_reads(*store, room);  // each connection comes back by itself
  CHECK(range_of(*store, room, 0).events.size() == std::min<std::size_t>(head, 1000));
}

TEST_CASE("a cancelled wait for the standby is no commit", "[contract][postgres][C6][C19]") {
  testing::private_postgres server;
  auto options = impatient();
  options.statement_timeout = milliseconds{20000};
  const auto store = fresh(server, options);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  const auto own = ana.fence(1).own;
  server.execute("ALTER SYSTEM SET synchronous_standby_names = 'absent'");
  server.execute("SELECT pg_reload_conf()");
  const auto pid = std::to_string(writer_pid(server, store->name()));
  REQUIRE(testing::eventually([&] { return server.execute("SHOW synchronous_standby_names")[0][0] == "absent"; }));
  auto waiting = start(*store, ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "two")})}));
  REQUIRE(testing::eventually([&] {
    return !server.execute("SELECT 1 FROM pg_stat_activity WHERE pid = " + pid + " AND wait_event = 'SyncRep'").empty();
  }));
  server.execute("SELECT pg_cancel_backend(" + pid + ")");
  const auto outcome = end_of(waiting);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == errc::outcome_unknown);
  server.execute("ALTER SYSTEM RESET synchronous_standby_names");
  server.execute("SELECT pg_reload_conf()");
  const auto found = recover_one(*store, ana, 1, attempt{own.value + 10}, {room});
  CHECK(found.shards.at(0).found == own);
  CHECK(found.heads.at(0).head == ana.at(1, 2));
}

TEST_CASE("a locked shard waits alone", "[contract][postgres][C3]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto locked = room_named("locked", 1), open = room_named("open", 2);
  owner ana(*store, "n1", {1, 2});
  {
    foreign_session foreign(server, store->name());
    foreign.run("SELECT * FROM parley.shard WHERE shard = 1 FOR UPDATE");
    const auto outcome =
        ana.send(ana.batch_of({ana.append_of(locked, {}, {said(1, "l")}), ana.append_of(open, {}, {said(1, "o")})}));
    REQUIRE(outcome.has_value());
    CHECK(outcome->verdicts == std::vector{shard_verdict::locked, shard_verdict::committed});
    // A claim of both takes what is free.
    const auto rows = claim(*store, node_named("n2"),
                            {{shard_id{1}, ana.node().incarnation, ana.term_of(1), term{}},
                             {shard_id{2}, ana.node().incarnation, ana.term_of(2), term{}}});
    CHECK_FALSE(rows.at(0).is_won);
    CHECK(rows.at(1).is_won);
  }
  ana.say(locked, {said(1, "l")});
}

TEST_CASE("a read-only server refuses appends as not stored, and still answers reads", "[contract][postgres][G7]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  server.execute("ALTER DATABASE " + store->name() + " SET default_transaction_read_only = on");
  store->reopen();  // sessions take the setting when they begin
  await_reads(*store, room);
  const auto outcome = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "two")})}));
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == errc::unavailable);
  CHECK(head_of(*store, room).head == ana.at(1, 1));
}

TEST_CASE("a server out of reach is refused at once, and used again when it is back", "[contract][postgres][G7]") {
  testing::private_postgres server;
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  server.stop();
  REQUIRE(testing::eventually([&] {
    const auto r = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "two")})}));
    return !r && r.error().code == errc::unavailable;
  }));
  CHECK(answer_of<lease_renewal>([&](auto done) { store->ownership().renew(ana.node(), seconds{3}, done); })
            .error()
            .code == errc::unavailable);
  server.start();
  await_writes(ana, room, 2);
  await_reads(*store, room);  // each connection comes back by itself
  CHECK(head_of(*store, room).head == ana.at(1, 2));
}

TEST_CASE("of two batches that race for a key one is stored and the other gets its answer",
          "[contract][postgres][G5]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  auto one = ana.batch_of({ana.append_of(room, {}, {said(1, "hello", "key")})});
  auto two = ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "hello", "key")})});
  two.shards[0].fence.before = one.shards[0].fence.own;
  two.shards[0].fence.own = attempt{one.shards[0].fence.own.value + 1};
  auto first = start(*store, std::move(one)), second = start(*store, std::move(two));
  CHECK(end_of(first)->verdicts == std::vector{shard_verdict::committed});
  const auto repeated = end_of(second);
  REQUIRE(repeated->duplicates.size() == 1);
  CHECK(repeated->duplicates[0].first == ana.at(1, 1));
}

TEST_CASE("a batch that follows a failed one hits nothing", "[contract][postgres][C1]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "hello", "key")});
  auto failing = ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "hello", "key")})});
  auto next = ana.batch_of({ana.append_of(room, ana.at(1, 2), {said(3, "next")})});
  next.shards[0].fence.before = failing.shards[0].fence.own;
  next.shards[0].fence.own = attempt{failing.shards[0].fence.own.value + 1};
  auto first = start(*store, std::move(failing)), second = start(*store, std::move(next));
  CHECK(end_of(first)->duplicates.size() == 1);
  CHECK(end_of(second)->verdicts == std::vector{shard_verdict::stale});
  CHECK(head_of(*store, room).head == ana.at(1, 1));
}

TEST_CASE("content that the database refuses is told apart from a server that fails", "[contract][postgres][C16]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  auto bad = said(1, "text", "key");
  bad.sender = "\xff\xfe";  // not UTF-8: the front lets no such thing pass, the database neither
  const auto outcome = ana.send(ana.batch_of({ana.append_of(room, {}, {bad})}));
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == errc::refused_content);
  ana.say(room, {said(1, "good")});
}

TEST_CASE("two owners that fence each other make one history", "[contract][postgres][G2][G7]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto other_node = std::make_unique<postgres_store>(server, store->name(), impatient());
  const auto room = room_named("general", 1);
  std::vector<position> acked;
  auto present = std::make_unique<owner>(*store, "n1", std::vector<std::uint32_t>{1});
  for (int round = 0; round < 40; ++round) {
    auto& where = round % 2 ? *other_node : *store;
    auto& next_place = round % 2 ? *store : *other_node;
    const auto head = head_of(where, room).head;
    auto batch = present->batch_of({present->append_of(room, head, {said(head.seq.value + 1, "m")})});
    const auto at = position{present->term_of(1), next(head.seq)};
    // The append of the present owner and the claim of the next one leave at the same moment, from two adapters.
    auto append = start(where, std::move(batch));
    auto heir = std::make_unique<owner>(next_place, "n" + std::to_string(round), std::vector<std::uint32_t>{1});
    const auto outcome = end_of(append);
    REQUIRE(outcome.has_value());
    const auto verdict = outcome->verdicts.at(0);
    CHECK(verdict != shard_verdict::stale);
    const auto now = head_of(where, room).head;  // read after the claim's commit: nothing of the former can follow
    CHECK(now == (verdict == shard_verdict::committed ? at : head));
    if (verdict == shard_verdict::committed) acked.push_back(at);
    present = std::move(heir);
  }
  const auto page = range_of(*store, room, 0);
  REQUIRE(page.events.size() == acked.size());
  for (std::size_t i = 0; i < acked.size(); ++i) CHECK(page.events[i]->at_position() == acked[i]);
}

TEST_CASE("another cluster's database is not written", "[contract][postgres][C7]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  server.execute("UPDATE parley.cluster SET id = 'another'", store->name());
  server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + store->name() + "'");
  REQUIRE(testing::eventually([&] {
    const auto r = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "two")})}));
    return !r && r.error().detail.find("another cluster") != std::string::npos;
  }));
}

}  // namespace parley::contract
