// What only a server beside us can do to a log: die, stand still, be locked, be read-only, or end a session.
#include "tests/contract/postgres_faults.hpp"

namespace parley::contract {

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
    foreign.run("ROLLBACK");  // a session's end lets go of the lock a moment later, this at once
  }
  ana.say(locked, {said(1, "l")});
}

TEST_CASE("a shard that moved to another database is not given back", "[contract][postgres][G7]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  owner ana(*store, "n1", {1, 2});
  server.execute("UPDATE parley.shard SET moved_to = 'elsewhere' WHERE shard = 1", store->name());
  const std::vector<owned_shard> both{{shard_id{1}, ana.term_of(1)}, {shard_id{2}, ana.term_of(2)}};
  CHECK(value_of<std::size_t>([&](auto done) { store->ownership().yield(ana.node(), both, done); }) == 1);
  CHECK(server.execute("SELECT owner FROM parley.shard WHERE shard = 1", store->name())[0][0] ==
        ana.node().incarnation);
}

TEST_CASE("a lone event of a locked shard does not wait", "[contract][postgres][C3]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one")});
  const auto batch = ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "two")})});
  {
    foreign_session foreign(server, store->name());
    foreign.run("SELECT * FROM parley.shard WHERE shard = 1 FOR UPDATE");
    CHECK(accepted(ana.send(batch)).verdicts == std::vector{shard_verdict::locked});
  }
  // The server lets go of the lock a moment after the session's end.
  CHECK(eventually([&] { return accepted(ana.send(batch)).verdicts == std::vector{shard_verdict::committed}; }));
}

TEST_CASE("a batch that meets a key which someone else holds writes nothing, of no shard; a trial gives up soon",
          "[contract][postgres][C3][C16]") {
  auto& server = shared_server();
  auto options = waiting();  // so long that only the trial's own patience ends the wait
  const auto store = fresh(server, options);
  const auto held = room_named("held", 1), open = room_named("open", 2);
  owner ana(*store, "n1", {1, 2});
  {
    foreign_session foreign(server, store->name());
    foreign.run("INSERT INTO parley.event (room, seq, term, kind, payload) VALUES ('" + held->key.hex() +
                "', 1, 1, 0, '')");
    auto batch = ana.batch_of({ana.append_of(held, {}, {said(1, "h")}), ana.append_of(open, {}, {said(1, "o")})});
    batch.is_trial = true;
    const auto outcome = ana.send(batch);
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().code == errc::locked);
    CHECK(head_of(*store, open).head == position{});
    auto alone = ana.batch_of({ana.append_of(open, {}, {said(1, "o")})});
    alone.is_trial = true;
    CHECK(accepted(ana.send(alone)).verdicts == std::vector{shard_verdict::committed});
    foreign.run("ROLLBACK");
  }
  ana.say(held, {said(1, "h")});
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
  CHECK(answer_of<lease_renewal>([&](auto done) {
          store->ownership().renew(ana.node(), {seconds{3}, {}, false}, done);
        })
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
  CHECK(accepted(end_of(first)).verdicts == std::vector{shard_verdict::committed});
  const auto repeated = end_of(second);
  REQUIRE(repeated.has_value());
  REQUIRE(repeated->duplicates.size() == 1);
  CHECK(repeated->duplicates[0].first == ana.at(1, 1));
}

TEST_CASE("a batch that holds one key twice is refused whole, and the next one is not", "[contract][postgres][C15]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1), other = room_named("other", 2);
  owner ana(*store, "n1", {1, 2});
  const auto outcome =
      ana.send(ana.batch_of({ana.append_of(room, {}, {said(1, "a", "key"), said(2, "no key"), said(3, "a", "key")}),
                             ana.append_of(other, {}, {said(1, "c", "key")})}));
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == errc::refused_content);  // so that the writer parts the two
  CHECK(head_of(*store, room).head == position{});
  CHECK(head_of(*store, other).head == position{});
  ana.say(room, {said(1, "a", "key"), said(2, "no key")});
}

TEST_CASE("a repeated key among events without one is the only one reported", "[contract][postgres][C15]") {
  auto& server = shared_server();
  const auto store = fresh(server);
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "no key"), said(2, "a", "key"), said(3, "no key")});
  const auto found = accepted(ana.send(
      ana.batch_of({ana.append_of(room, ana.at(1, 3), {said(4, "no key"), said(5, "a", "key"), said(6, "no key")})})));
  REQUIRE(found.duplicates.size() == 1);
  CHECK(found.duplicates[0].client_msg_id == "key");
  CHECK(found.duplicates[0].first == ana.at(1, 2));
  CHECK(head_of(*store, room).head == ana.at(1, 3));
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
  CHECK(accepted(end_of(first)).duplicates.size() == 1);
  CHECK(accepted(end_of(second)).verdicts == std::vector{shard_verdict::stale});
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

TEST_CASE("a term names the timeline that made it, so that no failover makes it again",
          "[contract][postgres][C7][G2]") {
  const auto store = fresh(shared_server());  // a new cluster, on timeline 1
  owner ana(*store, "n1", {1, 2});
  CHECK(ana.term_of(1).value % 1024 == 1);
  owner bob(*store, "n2", {1, 2});
  CHECK(bob.term_of(1) > ana.term_of(1));
  CHECK(bob.term_of(1).value % 1024 == 1);
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
