// A shard's way to another database: the fence, the copy, the comparison, the activation, and an end at every point.
#include "node/ctl/room_copy.hpp"
#include "tests/contract/moving_pair.hpp"

#include <future>
#include <stdexcept>
#include <thread>

namespace parley::contract {
namespace {

using ctl::exit_code;

struct ended : std::runtime_error {
  ended() : std::runtime_error("the program ends here") {}
};

/// So many events, each with a key, in batches.
void say_many(owner& who, const room_ref& room, std::uint64_t first, std::uint64_t last) {
  while (first <= last) {
    std::vector<event> batch;
    for (; first <= last && batch.size() < 500; ++first)
      batch.push_back(said(first, "text " + std::to_string(first), "key " + std::to_string(first)));
    who.say(room, std::move(batch));
  }
}

/// What readers and repeats of both must see alike.
void check_same(moving_pair& pair, const room_ref& room, const std::vector<event>& stored, const owner& heir) {
  for (std::uint64_t after = 0; after < stored.size(); after += 1000) {
    const auto page = values(range_of(*pair.b, room, after).events);
    for (std::size_t i = 0; i < page.size(); ++i) REQUIRE(page[i] == stored[after + i]);
  }
  CHECK(head_of(*pair.b, room).head == stored.back().at_position());
  // A key of the former database still answers its repeat (G5).
  auto repeat = said(stored.size() + 1, stored.front().body.text, stored.front().client_msg_id);
  auto as_owner = heir;
  const auto again =
      accepted(as_owner.send(as_owner.batch_of({as_owner.append_of(room, stored.back().at_position(), {repeat})})));
  REQUIRE(again.duplicates.size() == 1);
  CHECK(again.duplicates[0].first == stored.front().at_position());
}

std::vector<event> all_of(store& where, const room_ref& room) {
  std::vector<event> all;
  for (;;) {
    const auto page = values(range_of(where, room, all.size()).events);
    if (page.empty()) return all;
    all.insert(all.end(), page.begin(), page.end());
  }
}

bool has_looked_for_leases(testing::private_postgres& server, const std::string& database) {
  return server.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'parleyctl' AND datname = '" +
                        database + "' AND state = 'idle' AND query LIKE '%parley.lease%'")[0][0] != "0";
}

template <class Act>
exit_code refused(Act act, const std::string& words) {
  try {
    act();
  } catch (const ctl::refusal& why) {
    CAPTURE(why.what());
    CHECK(std::string(why.what()).find(words) != std::string::npos);
    return why.code();
  }
  FAIL("not refused");
  return exit_code::ok;
}

}  // namespace

TEST_CASE("a frozen shard takes nothing more, and a zombie's late batch hits nothing even after a thaw",
          "[contract][postgres][move][G2][G7]") {
  moving_pair p;
  p.ana.say(p.general, {said(1, "one")});
  const auto late = p.ana.batch_of({p.ana.append_of(p.general, p.ana.at(2, 1), {said(2, "late")})});
  auto where = p.opened();
  CHECK_FALSE(ctl::freeze(where.home(), 2, "b"));  // its owner has not given it back
  REQUIRE(moving_pair::give_back(*p.a, p.ana) == 1);
  REQUIRE(ctl::freeze(where.home(), 2, "b"));
  CHECK_FALSE(ctl::freeze(where.home(), 2, "b"));
  CHECK(accepted(p.ana.send(late)).verdicts == std::vector{shard_verdict::not_owner});
  CHECK_FALSE(p.is_claimable_in_a());
  CHECK_FALSE(recover_one(*p.a, p.ana, 2, attempt{1000}, {p.general}).shards[0].is_owner);
  CHECK(answer_of<range_page>([&](auto done) { p.a->events().range({p.general, seq{0}, 9}, done); }).has_error());
  CHECK(mark_of(*p.a, 2) == shard_mark{});
  CHECK_FALSE(ctl::thaw(where.home(), 2, "another"));
  REQUIRE(ctl::thaw(where.home(), 2, "b"));
  owner bob(*p.a, "n2", {2});
  CHECK(bob.term_of(2) > p.ana.term_of(2));
  CHECK(accepted(p.ana.send(late)).verdicts == std::vector{shard_verdict::not_owner});
  bob.say(p.general, {said(2, "two")});
}

TEST_CASE("the freeze waits for the batch that holds the row", "[contract][postgres][move][G2]") {
  moving_pair p;
  moving_pair::give_back(*p.a, p.ana);
  foreign_session foreign(shared_server(), p.a->name());
  foreign.run("SELECT * FROM parley.shard WHERE shard = 2 FOR UPDATE");
  std::atomic<bool> is_frozen = false;
  std::thread waiting([&] {
    auto where = p.opened();
    is_frozen = ctl::freeze(where.home(), 2, "b").has_value();
  });
  CHECK(testing::eventually([&] { return waits_for_a_lock(shared_server(), p.a->name()); }));
  CHECK_FALSE(is_frozen);
  foreign.run("COMMIT");
  waiting.join();
  CHECK(is_frozen);
}

TEST_CASE("a moved shard has all events, keys and its floor in the new database, under a greater term",
          "[contract][postgres][move][G1][G2][G5][G8]") {
  moving_pair p;
  const auto quiet = room_named("quiet", 2), neighbour = room_named("neighbour", 4);
  say_many(p.ana, p.general, 1, 4500);  // several pages
  p.ana.say(quiet, {said(1, "a"), said(2, "b", "k"), said(3, "c")});
  p.ana.trim(quiet, p.ana.at(2, 2));
  owner(*p.a, "n1", {4}).say(neighbour, {said(1, "stays")});
  const auto stored = all_of(*p.a, p.general);
  moving_pair::give_back(*p.a, p.ana);
  const auto end = p.move();
  CHECK(end.copied.events == 4501);
  CHECK(p.placed_at() == moving_pair::there);
  owner bob(*p.b, "n1", {2});
  CHECK(bob.term_of(2) > p.ana.term_of(2));
  check_same(p, p.general, stored, bob);
  CHECK(head_of(*p.b, quiet).floor == p.ana.at(2, 2));
  CHECK(seqs(range_of(*p.b, quiet, 0).events) == std::vector<std::uint64_t>{3});
  CHECK(head_of(*p.b, neighbour).head == position{});
  bob.say(p.general, {said(4501, "goes on")});
  CHECK_FALSE(p.is_claimable_in_a());
}

TEST_CASE("what an owner writes meanwhile comes with the next pass, its keys too",
          "[contract][postgres][move][G1][G5]") {
  moving_pair p;
  say_many(p.ana, p.general, 1, 30);
  auto where = p.opened();
  ctl::mark_as_moved(where.databases()[1], 2, ctl::id_of(where.home()));
  ctl::mark_as_arriving(where.databases()[1], 2, ctl::id_of(where.home()));
  ctl::room_copy copy(where.home(), where.databases()[1], 2);
  CHECK(copy.bring().events == 30);
  copy.compare_what_came();
  say_many(p.ana, p.general, 31, 40);
  const auto late = room_named("late", 2);
  p.ana.say(late, {said(1, "new room", "k")});
  copy.compare_what_came();  // of what came, not of what is there
  const auto pass = copy.bring();
  CHECK(pass.events == 11);
  CHECK(pass.keys == 11);
  copy.compare_all();
  CHECK(copy.bring().events == 0);
  CHECK_FALSE(p.is_claimable_in_b());
}

TEST_CASE("a copy that was interrupted after any page goes on where it stopped", "[contract][postgres][move][G5]") {
  const auto ends_after = GENERATE(range(1, 10));
  moving_pair p;
  say_many(p.ana, p.general, 1, 4500);
  for (int i = 0; i < 3; ++i) p.ana.say(room_named("small " + std::to_string(i), 2), {said(1, "x", "k")});
  const auto stored = all_of(*p.a, p.general);
  {
    auto where = p.opened();
    ctl::mark_as_moved(where.databases()[1], 2, ctl::id_of(where.home()));
    ctl::mark_as_arriving(where.databases()[1], 2, ctl::id_of(where.home()));
    int pages = 0;
    ctl::room_copy copy(where.home(), where.databases()[1], 2, [&](const ctl::copied_rows&) {
      if (++pages == ends_after) throw ended();
    });
    CHECK_THROWS_AS(copy.bring(), ended);
  }
  moving_pair::give_back(*p.a, p.ana);
  const auto end = p.move();
  CHECK(end.copied.events <= 4503);
  CHECK((ends_after < 6 || end.copied.events < 4503));
  owner bob(*p.b, "n1", {2});
  check_same(p, p.general, stored, bob);
}

TEST_CASE("a move that was interrupted between any two steps is finished by the same command, and open in one place",
          "[contract][postgres][move][G2][G7]") {
  const auto steps_done = GENERATE(range(0, 6));
  moving_pair p;
  say_many(p.ana, p.general, 1, 20);
  const auto stored = all_of(*p.a, p.general);
  moving_pair::give_back(*p.a, p.ana);
  {
    auto where = p.opened();
    auto &a = where.home(), &b = where.databases()[1];
    const auto a_id = ctl::id_of(a), b_id = ctl::id_of(b);
    if (steps_done > 0) REQUIRE(ctl::mark_as_moved(b, 2, a_id));
    if (steps_done > 1) REQUIRE(ctl::mark_as_arriving(b, 2, a_id));
    if (steps_done > 2) ctl::close_shard(a, 2, 30);
    if (steps_done > 3) REQUIRE(ctl::freeze(a, 2, b_id));
    if (steps_done > 3) ctl::room_copy(a, b, 2).bring();
    if (steps_done > 4) REQUIRE(ctl::activate(b, 2, a_id, ctl::moving_row_of(a, 2)));
  }
  CHECK(p.placed_at() == 0);
  if (steps_done == 3) {
    CHECK(row_of(*p.a, 2).is_closing);
  }
  const auto departed = value_of<std::vector<shard_id>>([&](auto done) { p.a->ownership().departed(done); });
  CHECK(departed == (steps_done > 3 ? std::vector{shard_id{2}} : std::vector<shard_id>{}));
  // What is open by its rows is so in one of them, whatever a node's map says.
  if (steps_done > 3) CHECK_FALSE(p.is_claimable_in_a());
  if (steps_done > 0 && steps_done < 5) CHECK_FALSE(p.is_claimable_in_b());
  p.move();
  CHECK(p.placed_at() == 1);
  p.move();  // done: nothing happens
  CHECK_FALSE(p.is_claimable_in_a());
  owner bob(*p.b, "n1", {2});
  check_same(p, p.general, stored, bob);
}

TEST_CASE("a move is taken back from any step before the copy is active, and the shard goes on",
          "[contract][postgres][move][G2]") {
  const auto steps_done = GENERATE(range(0, 5));
  moving_pair p;
  say_many(p.ana, p.general, 1, 20);
  moving_pair::give_back(*p.a, p.ana);
  {
    auto where = p.opened();
    auto &a = where.home(), &b = where.databases()[1];
    const auto a_id = ctl::id_of(a), b_id = ctl::id_of(b);
    ctl::mark_as_moved(b, 2, a_id);
    ctl::mark_as_arriving(b, 2, a_id);
    ctl::room_copy(a, b, 2).bring();
    if (steps_done > 0) ctl::close_shard(a, 2, 30);
    if (steps_done > 1) REQUIRE(ctl::freeze(a, 2, b_id));
    if (steps_done > 2) REQUIRE(ctl::forget_arrival(b, 2, a_id));
    if (steps_done > 3) REQUIRE(ctl::thaw(a, 2, b_id));
    if (steps_done == 3) CHECK(refused([&] { p.move(); }, "--abort") == exit_code::incompatible);
  }
  p.move_back_out();
  CHECK(moving_pair::second_server().execute("SELECT count(*) FROM parley.event", p.b->name())[0][0] == "0");
  CHECK_FALSE(p.is_claimable_in_b());
  owner bob(*p.a, "n2", {2});
  bob.say(p.general, {said(21, "goes on")});
  moving_pair::give_back(*p.a, bob);
  owner(*p.b, "n2", {});
  p.move();  // and may move again
  CHECK(owner(*p.b, "n1", {2}).term_of(2) > bob.term_of(2));
  CHECK(refused([&] { p.move_back_out(); }, "") == exit_code::usage);
}

TEST_CASE("a copy that differs is never activated", "[contract][postgres][move][G2]") {
  const auto* what =
      GENERATE("UPDATE parley.event SET payload = payload || 'x'::bytea WHERE seq = 7",
               "UPDATE parley.event SET term = term + 1 WHERE seq = 20", "DELETE FROM parley.event WHERE seq = 3",
               "UPDATE parley.dedup SET seq = 8 WHERE seq = 7", "DELETE FROM parley.dedup WHERE seq = 20",
               "UPDATE parley.room SET floor_seq = 2", "UPDATE parley.room SET name = 'other'",
               "INSERT INTO parley.room (room, shard, instance, name) VALUES (gen_random_uuid(), 2, 'i', 'n')");
  CAPTURE(what);
  moving_pair p;
  say_many(p.ana, p.general, 1, 20);
  moving_pair::give_back(*p.a, p.ana);
  auto where = p.opened();
  auto &a = where.home(), &b = where.databases()[1];
  const auto a_id = ctl::id_of(a), b_id = ctl::id_of(b);
  ctl::mark_as_moved(b, 2, a_id);
  ctl::mark_as_arriving(b, 2, a_id);
  ctl::room_copy(a, b, 2).bring();
  REQUIRE(ctl::freeze(a, 2, b_id));
  moving_pair::second_server().execute(what, p.b->name());
  CHECK(refused([&] { p.move(); }, "--abort") == exit_code::internal);
  CHECK_FALSE(p.is_claimable_in_b());
  CHECK_FALSE(p.is_claimable_in_a());
  p.move_back_out();
  CHECK(p.is_claimable_in_a());
}

TEST_CASE("an owner that does not give the shard back keeps it, and loses nothing", "[contract][postgres][move][G1]") {
  moving_pair p;
  say_many(p.ana, p.general, 1, 5);
  auto where = p.opened();
  ctl::keep_places(where.home(), 2, 8);
  ctl::data_mover mover(where, 2, 1, [](const std::string&) {});
  CHECK(refused([&] { mover.run(seconds{1}); }, "still owned by n1") == exit_code::not_yet);
  CHECK_FALSE(row_of(*p.a, 2).is_closing);
  say_many(p.ana, p.general, 6, 7);
  moving_pair::give_back(*p.a, p.ana);
  CHECK(p.move().copied.events == 2);  // the rest was there
}

TEST_CASE("a node that does not use the new database stops the move before anything stands still",
          "[contract][postgres][move][G7]") {
  moving_pair p;
  owner(*p.a, "n3", {});
  moving_pair::give_back(*p.a, p.ana);
  CHECK(refused([&] { p.move(); }, "do not use database 2: n3") == exit_code::incompatible);
  CHECK(p.is_claimable_in_a());
}

TEST_CASE("a node that has just started is waited for until it has its lease in the new database",
          "[contract][postgres][move][G7]") {
  moving_pair p;
  owner(*p.a, "n3", {});
  moving_pair::give_back(*p.a, p.ana);
  auto moved = std::async(std::launch::async, [&] { return p.move(); });
  CHECK(eventually([&] { return has_looked_for_leases(moving_pair::second_server(), p.b->name()); }));
  owner(*p.b, "n3", {});
  CHECK_NOTHROW(moved.get());
}

TEST_CASE("a room whose shard moved away does not wake in its former database, and those asked for beside it do",
          "[contract][postgres][move][G7]") {
  moving_pair p;
  const auto beside = room_named("beside", 1);
  owner bob(*p.a, "n1", {1});
  bob.say(beside, {said(1, "still here")});
  say_many(p.ana, p.general, 1, 3);
  moving_pair::give_back(*p.a, p.ana);
  p.move();
  std::vector<std::promise<result<history_page>>> answers(3);
  for (std::size_t i = 0; i < answers.size(); ++i)
    p.a->events().history({i == 1 ? p.general : beside, history_query::side::newest, {}, 1, false},
                          [&answers, i](auto page) { answers[i].set_value(std::move(page)); });
  std::vector<result<history_page>> pages;
  for (auto& answer : answers) pages.push_back(answer.get_future().get());
  CHECK(pages[0].value().head.head == bob.at(1, 1));
  CHECK(pages[1].error().code == errc::unavailable);
  CHECK(pages[2].value().head.head == bob.at(1, 1));
}

TEST_CASE("a shard moves there and back, over the copy that it left", "[contract][postgres][move][G2][G8]") {
  moving_pair p;
  say_many(p.ana, p.general, 1, 20);
  moving_pair::give_back(*p.a, p.ana);
  p.move();
  owner bob(*p.b, "n1", {2});
  say_many(bob, p.general, 21, 30);
  // What it left has another tail than the log by now: it must not count.
  shared_server().execute("UPDATE parley.event SET payload = ''::bytea, term = 1 WHERE seq = 20", p.a->name());
  moving_pair::give_back(*p.b, bob);
  p.move(0);
  CHECK(p.placed_at() == 0);
  owner ana(*p.a, "n1", {2});
  CHECK(ana.term_of(2) > bob.term_of(2));
  CHECK(all_of(*p.a, p.general).size() == 30);
  CHECK(values(range_of(*p.a, p.general, 19, 1).events)[0].body.text == "text 20");
  CHECK_FALSE(p.is_claimable_in_b());
}

TEST_CASE("running nodes are told of a change once, with the map", "[contract][postgres][move]") {
  moving_pair p;
  const auto told = [&] {
    return value_of<lease_renewal>([&](auto done) {
             p.a->ownership().renew(p.ana.node(), {std::chrono::minutes(1), {}, false}, done);
           })
        .changes;
  };
  const auto map = [&] { return value_of<shard_places>([&](auto done) { p.a->database().places(done); }); };
  const auto before = told();
  CHECK(map().databases.empty());
  auto where = p.opened();
  ctl::keep_places(where.home(), 2, 8);
  ctl::place_shard(where.home(), 2, 1);
  ctl::keep_places(where.home(), 2, 8);  // keeps what is there
  CHECK(told() > before);
  CHECK(told() == told());
  const auto now = map();
  CHECK(now.version == told());
  REQUIRE(now.databases.size() == 8);
  CHECK(now.databases[2] == database_id{1});
  CHECK(now.databases[1] == database_id{1});
  CHECK(now.databases[4] == database_id{0});
  postgres_options home = impatient();
  home.dsn = shared_server().dsn(p.a->name());
  CHECK(read_shard_places(home)->databases == now.databases);
}

TEST_CASE("a closing ends by itself", "[contract][postgres][move]") {
  moving_pair p;
  auto where = p.opened();
  ctl::close_shard(where.home(), 2, 3600);
  CHECK(row_of(*p.a, 2).is_closing);
  shared_server().execute("UPDATE parley.shard SET closed_until = now() - interval '1 ms'", p.a->name());
  CHECK_FALSE(row_of(*p.a, 2).is_closing);
}

TEST_CASE("what a moved shard left is removed only where it does not live", "[contract][postgres][move][G1]") {
  moving_pair p;
  say_many(p.ana, p.general, 1, 20);
  auto where = p.opened();
  CHECK(ctl::clear_rooms(where.home(), 2) == 0);
  moving_pair::give_back(*p.a, p.ana);
  p.move();
  CHECK(ctl::clear_rooms(where.databases()[1], 2) == 0);
  CHECK(ctl::clear_rooms(where.home(), 2) == 41);  // events, keys, the room
  CHECK(all_of(*p.b, p.general).empty() == false);
  CHECK_FALSE(p.is_claimable_in_a());
}

}  // namespace parley::contract
