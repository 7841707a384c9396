// The third result (C6): appends whose outcome nobody was told, and what recovery finds.
#include "tests/contract/postgres_faults.hpp"

namespace parley::contract {

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

}  // namespace parley::contract
