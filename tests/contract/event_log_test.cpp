// What every event log promises about writes. The reads stand in event_log_reads_test.cpp.
#include "tests/contract/steps.hpp"

namespace parley::contract {

TEST_CASE("a committed event is there for who opens the log again", "[contract][event_log][G1]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "hello"), said(2, "world")});
  store->reopen();
  auto page = range_of(*store, room, 0);
  auto first = said(1, "hello");
  auto second = said(2, "world");
  first.term = second.term = ana.term_of(1);
  CHECK(values(page.events) == std::vector{first, second});
  CHECK(page.head.head == ana.at(1, 2));
}

TEST_CASE("an append of another owner writes nothing", "[contract][event_log][G7]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  auto batch = ana.batch_of({ana.append_of(room, {}, {said(1, "mine")})});
  batch.owner = node_named("n2").incarnation;
  CHECK(accepted(ana.send(batch)).verdicts == std::vector{shard_verdict::not_owner});
  CHECK(head_of(*store, room) == room_head{});
}

TEST_CASE("an append of a former term writes nothing", "[contract][event_log][G7]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner former(*store, "n1", {1});
  former.say(room, {said(1, "before")});
  owner present(*store, "n2", {1});
  const auto mark = mark_of(*store, 1);
  const auto outcome = former.send(former.batch_of({former.append_of(room, former.at(1, 1), {said(2, "late")})}));
  REQUIRE(outcome.has_value());
  CHECK(outcome->verdicts == std::vector{shard_verdict::not_owner});
  CHECK(head_of(*store, room).head == former.at(1, 1));
  CHECK(mark_of(*store, 1) == mark);
  present.say(room, {said(2, "now")});
  CHECK(head_of(*store, room).head == present.at(1, 2));
}

TEST_CASE("the same owner in a new term no longer writes in the old one", "[contract][event_log][G7]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner before(*store, "n1", {1});
  owner after(*store, "n1", {1});
  REQUIRE(after.term_of(1) > before.term_of(1));
  const auto outcome = before.send(before.batch_of({before.append_of(room, {}, {said(1, "late")})}));
  REQUIRE(outcome.has_value());
  CHECK(outcome->verdicts == std::vector{shard_verdict::not_owner});
  CHECK(head_of(*store, room) == room_head{});
}

TEST_CASE("a lone event of a known room obeys owner, term and number like any batch", "[contract][event_log][G7]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner before(*store, "n1", {1});
  before.say(room, {said(1, "one")});
  auto batch = before.batch_of({before.append_of(room, before.at(1, 1), {said(2, "late", "key-2")})});
  auto foreign = batch, stale = batch;
  foreign.owner = node_named("n2").incarnation;
  stale.shards[0].fence.before = stale.shards[0].fence.own;
  stale.shards[0].fence.own = attempt{stale.shards[0].fence.own.value + 1};
  CHECK(accepted(before.send(foreign)).verdicts == std::vector{shard_verdict::not_owner});
  CHECK(accepted(before.send(stale)).verdicts == std::vector{shard_verdict::stale});
  owner after(*store, "n1", {1});
  CHECK(accepted(before.send(batch)).verdicts == std::vector{shard_verdict::not_owner});
  CHECK(head_of(*store, room).head == before.at(1, 1));
  after.say(room, {said(2, "now", "key-2")});  // the refused attempts left no key behind
}

TEST_CASE("a batch that was sent twice is written once", "[contract][event_log][G2]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  const auto batch = ana.batch_of({ana.append_of(room, {}, {said(1, "once")})});
  REQUIRE(accepted(ana.send(batch)).verdicts == std::vector{shard_verdict::committed});
  CHECK(accepted(ana.send(batch)).verdicts == std::vector{shard_verdict::stale});
  CHECK(head_of(*store, room).head == ana.at(1, 1));
}

TEST_CASE("a batch behind a failed one is stale and writes nothing", "[contract][event_log][G2]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  auto batch = ana.batch_of({ana.append_of(room, {}, {said(1, "second")})});
  batch.shards[0].fence.before = batch.shards[0].fence.own;  // it counts on a batch that never came
  batch.shards[0].fence.own = attempt{batch.shards[0].fence.before.value + 1};
  CHECK(accepted(ana.send(batch)).verdicts == std::vector{shard_verdict::stale});
  CHECK(head_of(*store, room) == room_head{});
}

TEST_CASE("a late attempt hits nothing after a recovery", "[contract][event_log][G1][G2]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "known")});
  const auto late = ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "late")})});
  const auto found_before = ana.n_of(1);
  const attempt past{late.shards[0].fence.own.value + 5};
  const auto found = value_of<recovered>([&](auto done) {
    store->events().recover({ana.node().incarnation, {{shard_id{1}, ana.term_of(1), past}}, {room}}, done);
  });
  REQUIRE(found.shards.size() == 1);
  CHECK(found.shards[0].shard == shard_id{1});
  CHECK(found.shards[0].is_owner);
  CHECK(found.shards[0].found == found_before);
  CHECK(found.heads == std::vector{room_head{ana.at(1, 1), {}}});
  CHECK(mark_of(*store, 1) == shard_mark{ana.term_of(1), past});
  CHECK(accepted(ana.send(late)).verdicts == std::vector{shard_verdict::stale});
  CHECK(head_of(*store, room).head == ana.at(1, 1));
  ana.passed({shard_id{1}, ana.term_of(1), found_before, past});
  ana.say(room, {said(2, "after")});
}

TEST_CASE("a recovery by a former owner changes nothing and says so", "[contract][event_log][G7]") {
  const auto store = make_store();
  owner former(*store, "n1", {1, 2});
  owner present(*store, "n2", {1});
  const auto mark = mark_of(*store, 1);
  const auto found = value_of<recovered>([&](auto done) {
    store->events().recover(
        {former.node().incarnation,
         {{shard_id{1}, former.term_of(1), attempt{99}}, {shard_id{2}, former.term_of(2), attempt{99}}},
         {}},
        done);
  });
  REQUIRE(found.shards.size() == 2);
  CHECK_FALSE(found.shards[0].is_owner);
  CHECK(mark_of(*store, 1) == mark);
  CHECK(found.shards[1].is_owner);
  CHECK(mark_of(*store, 2) == shard_mark{former.term_of(2), attempt{99}});
}

TEST_CASE("many shards share a commit, and one that fails its fence loses only its own", "[contract][event_log][G7]") {
  const auto store = make_store();
  const std::vector rooms{room_named("a", 1), room_named("b", 2), room_named("c", 3), room_named("d", 4)};
  owner ana(*store, "n1", {1, 2, 3, 4});
  owner bob(*store, "n2", {2});
  auto batch = ana.batch_of({ana.append_of(rooms[0], {}, {said(1, "a1"), said(2, "a2")}),
                             ana.append_of(rooms[1], {}, {said(1, "b1")}), ana.append_of(rooms[2], {}, {said(1, "c1")}),
                             ana.append_of(rooms[3], {}, {said(1, "d1")})});
  batch.shards[2].fence.before = attempt{batch.shards[2].fence.own.value};
  batch.shards[2].fence.own = attempt{batch.shards[2].fence.own.value + 1};
  const auto outcome = ana.send(batch);
  REQUIRE(outcome.has_value());
  CHECK(outcome->duplicates.empty());
  CHECK(outcome->verdicts == std::vector{shard_verdict::committed, shard_verdict::not_owner, shard_verdict::stale,
                                         shard_verdict::committed});
  CHECK(head_of(*store, rooms[0]).head == ana.at(1, 2));
  CHECK(head_of(*store, rooms[1]) == room_head{});
  CHECK(head_of(*store, rooms[2]) == room_head{});
  CHECK(head_of(*store, rooms[3]).head == ana.at(4, 1));
}

TEST_CASE("rooms of one shard share a batch", "[contract][event_log]") {
  const auto store = make_store();
  const auto left = room_named("left", 1);
  const auto right = room_named("right", 1);
  owner ana(*store, "n1", {1});
  const auto outcome = ana.send(ana.batch_of(
      {ana.append_of(left, {}, {said(1, "l1")}), ana.append_of(right, {}, {said(1, "r1"), said(2, "r2")})}));
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->verdicts == std::vector{shard_verdict::committed});
  CHECK(head_of(*store, left).head == ana.at(1, 1));
  CHECK(head_of(*store, right).head == ana.at(1, 2));
}

TEST_CASE("a repeated key is answered with the first result, and nothing is written", "[contract][event_log][G5]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  const auto other = room_named("other", 2);
  owner ana(*store, "n1", {1, 2});
  const auto first = said(1, "hello", "key-1");
  ana.say(room, {first});
  const auto first_term = ana.term_of(1);
  owner heir(*store, "n2", {1, 2});  // also after an owner change
  const auto mark = mark_of(*store, 1);
  const auto outcome = heir.send(
      heir.batch_of({heir.append_of(room, {first_term, seq{1}}, {said(2, "fresh", "key-2"), said(3, "hello", "key-1")}),
                     heir.append_of(other, {}, {said(1, "neighbour", "key-3")})}));
  REQUIRE(outcome.has_value());
  CHECK(outcome->verdicts.empty());
  REQUIRE(outcome->duplicates.size() == 1);
  const auto& found = outcome->duplicates[0];
  CHECK(found.room == room->key);
  CHECK(found.sender == "ana");
  CHECK(found.client_msg_id == "key-1");
  CHECK(found.first == position{first_term, seq{1}});
  CHECK(found.at == first.at);
  CHECK(found.digest == std::optional(digest_of("hello")));
  CHECK(head_of(*store, room).head == position{first_term, seq{1}});
  CHECK(head_of(*store, other) == room_head{});
  CHECK(mark_of(*store, 1) == mark);
  // Built again without it, the batch passes: its neighbours' keys were not written either.
  const auto again = heir.send(heir.batch_of({heir.append_of(room, {first_term, seq{1}}, {said(2, "fresh", "key-2")}),
                                              heir.append_of(other, {}, {said(1, "neighbour", "key-3")})}));
  REQUIRE(again.has_value());
  CHECK(again->verdicts == std::vector{shard_verdict::committed, shard_verdict::committed});
}

TEST_CASE("every repeated key of a batch is reported", "[contract][event_log][G5]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  const auto other = room_named("other", 2);
  owner ana(*store, "n1", {1, 2});
  ana.say(room, {said(1, "a", "k1"), said(2, "b", "k2")});
  ana.say(other, {said(1, "c", "k3")});
  const auto outcome =
      ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 2), {said(3, "a", "k1"), said(4, "b", "k2")}),
                             ana.append_of(other, ana.at(2, 1), {said(2, "c", "k3")})}));
  REQUIRE(outcome.has_value());
  std::map<std::string, position> first;
  for (const auto& key : outcome->duplicates) first[key.client_msg_id] = key.first;
  CHECK(first == std::map<std::string, position>{{"k1", ana.at(1, 1)}, {"k2", ana.at(1, 2)}, {"k3", ana.at(2, 1)}});
}

TEST_CASE("a key belongs to its room and its sender", "[contract][event_log][G5]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "a", "key")});
  auto of_bob = said(2, "b", "key");
  of_bob.sender = "bob";
  ana.say(room, {of_bob});
  ana.say(room_named("other", 1), {said(1, "c", "key")});
  ana.say(room, {said(3, "no key"), said(4, "no key")});
  ana.say(room, {said(5, "d", "KEY")});  // case matters
}

TEST_CASE("a key of 128 characters is kept whole", "[contract][event_log][G5]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  const std::string key(128, 'k');
  ana.say(room, {said(1, "long", key), said(2, "nearly", key.substr(1) + "l"), said(3, "shorter", key.substr(1))});
  const auto outcome = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 3), {said(4, "long", key)})}));
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->duplicates.size() == 1);
  CHECK(outcome->duplicates[0].client_msg_id == key);
  CHECK(outcome->duplicates[0].first == ana.at(1, 1));
}

TEST_CASE("a key whose window ended is accepted again", "[contract][event_log][G5]") {
  const auto store = make_store({8, seconds{1}, true});
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "first", "key")});
  // The window is counted by the database, so the test can only ask again until it ended.
  REQUIRE(eventually([&] {
    const auto outcome = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 1), {said(2, "second", "key")})}));
    REQUIRE(outcome.has_value());
    return outcome->duplicates.empty() && outcome->verdicts.at(0) == shard_verdict::committed;
  }));
  CHECK(head_of(*store, room).head == ana.at(1, 2));
  const auto repeat = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 2), {said(3, "third", "key")})}));
  REQUIRE(repeat.has_value());
  if (!repeat->duplicates.empty()) CHECK(repeat->duplicates[0].first == ana.at(1, 2));
}

TEST_CASE("a second event under a stored number is refused with its whole batch", "[contract][event_log][G2]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  const auto other = room_named("other", 2);
  owner ana(*store, "n1", {1, 2});
  ana.say(room, {said(1, "one"), said(2, "two")});
  const auto mark = mark_of(*store, 1);
  const auto outcome = ana.send(ana.batch_of(
      {ana.append_of(other, {}, {said(1, "neighbour", "key")}), ana.append_of(room, ana.at(1, 1), {said(2, "fork")})}));
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == errc::room_forked);
  CHECK(head_of(*store, other) == room_head{});
  CHECK(mark_of(*store, 1) == mark);
  CHECK(range_of(*store, room, 1).events.at(0)->body.text == "two");
  ana.say(other, {said(1, "neighbour", "key")});  // the key was rolled back too
}

TEST_CASE("a hole is refused in checked mode", "[contract][event_log][G2]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  const auto into_nothing = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 4), {said(5, "five")})}));
  REQUIRE_FALSE(into_nothing.has_value());
  CHECK(into_nothing.error().code == errc::room_forked);
  ana.say(room, {said(1, "one")});
  const auto hole = ana.send(ana.batch_of({ana.append_of(room, ana.at(1, 2), {said(3, "three")})}));
  REQUIRE_FALSE(hole.has_value());
  CHECK(hole.error().code == errc::room_forked);
  CHECK(head_of(*store, room).head == ana.at(1, 1));
}

TEST_CASE("a trimmed log keeps its floor and goes on from it", "[contract][event_log][G8]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one"), said(2, "two"), said(3, "three")});
  ana.trim(room, ana.at(1, 2));
  CHECK(head_of(*store, room) == room_head{ana.at(1, 3), ana.at(1, 2)});
  CHECK(seqs(range_of(*store, room, 0).events) == std::vector<std::uint64_t>{3});
  ana.trim(room, ana.at(1, 3));  // the newest goes only with its number kept
  CHECK(head_of(*store, room) == room_head{ana.at(1, 3), ana.at(1, 3)});
  ana.trim(room, ana.at(1, 1));  // a floor never falls
  CHECK(head_of(*store, room).floor == ana.at(1, 3));
  store->reopen();
  ana.say(room, {said(4, "four")});
  CHECK(head_of(*store, room) == room_head{ana.at(1, 4), ana.at(1, 3)});
}

TEST_CASE("a trim by a former owner or with a stale number takes nothing", "[contract][event_log][G7]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  ana.say(room, {said(1, "one"), said(2, "two")});
  const auto trim_with = [&](std::string by, shard_fence fence) {
    return value_of<shard_verdict>(
        [&](auto done) { store->events().trim(std::move(by), fence, room, ana.at(1, 1), std::move(done)); });
  };
  auto stale = ana.fence(1);
  stale.before = stale.own;
  stale.own = attempt{stale.own.value + 1};
  CHECK(trim_with(ana.node().incarnation, stale) == shard_verdict::stale);
  CHECK(trim_with("someone", ana.fence(1)) == shard_verdict::not_owner);
  CHECK(range_of(*store, room, 0).events.size() == 2);
}

TEST_CASE("each append changes the shard's mark and no other's", "[contract][event_log][G6]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1, 2});
  const auto marks = [&] {
    return value_of<std::vector<shard_mark>>([&](auto done) {
      store->events().marks({shard_id{2}, shard_id{1}, shard_id{3}}, done);
    });
  };
  auto before = marks();
  REQUIRE(before.size() == 3);
  for (std::uint64_t s = 1; s <= 3; ++s) {
    ana.say(room, {said(s, "tick")});
    const auto after = marks();
    CHECK(after[0] == before[0]);
    CHECK(after[1].term == ana.term_of(1));
    CHECK(after[1].n == ana.n_of(1));
    CHECK(after[1].n > before[1].n);
    CHECK(after[2] == before[2]);
    before = after;
  }
}

}  // namespace parley::contract
