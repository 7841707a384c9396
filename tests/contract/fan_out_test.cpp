// One suite, every adapter: what a fan-out promises while its link stands. A program of its own runs it over a Redis
// Cluster, which is started once for all of it.
#include "tests/contract/fan_out_cluster_rig.hpp"
#include "tests/contract/fan_out_rigs.hpp"
#include "tests/contract/gated_memory_rig.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <tuple>

using namespace parley;
using namespace parley::testing;

namespace {

#ifdef PARLEY_OVER_A_CLUSTER
using rigs = std::tuple<cluster_rig>;
#else
using rigs = std::tuple<memory_rig, gated_memory_rig, redis_rig>;
#endif

std::string subscribed(const room_ref& room) { return "room_subscribed " + room->key.hex(); }
std::string published(const room_ref& room) { return "room_published " + room->key.hex(); }

template <class Rig>
void join(Rig& rig, const room_ref& room) {
  const auto before = rig.sink().count(subscribed(room));
  rig.reader().subscribe(room);
  REQUIRE(eventually([&] { return rig.sink().count(subscribed(room)) > before; }));
}

/// Order proves absence: once this message came, everything that was published before it would have come. Of the same
/// shard: the channels of others may be another server's, whose messages keep an order of their own.
template <class Rig>
void let_pass(Rig& rig, shard_id shard) {
  const auto fence = room_number(256 * 1000 + shard.value);
  join(rig, fence);
  const auto before = rig.sink().count(published(fence));
  rig.writer().publish(fence, events_from(fence, 1));
  REQUIRE(eventually([&] { return rig.sink().count(published(fence)) > before; }));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("a room's events arrive once, equal and in order", "[contract][fan_out]", rigs) {
  TestType rig;
  const auto room = room_number(1);
  join(rig, room);
  for (std::uint64_t i = 0; i < 500; ++i) rig.writer().publish(room, events_from(room, 1 + 2 * i, 2));
  REQUIRE(eventually([&] { return rig.sink().count(published(room)) >= 500; }));
  let_pass(rig, room->shard);
  REQUIRE(rig.sink().count(published(room)) == 500);
  const auto got = rig.sink().envelopes();
  for (std::uint64_t i = 0; i < 500; ++i) {
    const auto sent = events_from(room, 1 + 2 * i, 2);
    CHECK(got[i].room == room->key);
    CHECK(got[i].before == sent.before);
    REQUIRE(got[i].events.size() == 2);
    CHECK(*got[i].events[0] == *sent.events[0]);
    CHECK(*got[i].events[1] == *sent.events[1]);
  }
}

TEMPLATE_LIST_TEST_CASE("a shard's beacons arrive equal, those of other shards do not", "[contract][fan_out]", rigs) {
  TestType rig;
  rig.reader().subscribe(shard_id{3});
  REQUIRE(eventually([&] { return rig.sink().count("shard_subscribed 3") == 1; }));
  const auto room = room_number(3);
  const beacon sent{shard_id{3}, term{9},    1,
                    attempt{4},  attempt{8}, {{room->key, {{term{9}, seq{2}}, {term{1}, seq{1}}}}}};
  beacon other = sent;
  other.shard = shard_id{4};
  rig.writer().publish(other);
  rig.writer().publish(sent);
  REQUIRE(eventually([&] { return rig.sink().beacons().size() == 1; }));
  CHECK(rig.sink().beacons()[0] == sent);
  rig.reader().unsubscribe(shard_id{3});
  let_pass(rig, shard_id{3});
  rig.writer().publish(sent);
  let_pass(rig, shard_id{3});
  CHECK(rig.sink().beacons().size() == 1);
}

TEMPLATE_LIST_TEST_CASE("nothing arrives of a room that is not subscribed", "[contract][fan_out]", rigs) {
  TestType rig;
  const auto room = room_number(1);
  rig.writer().publish(room, events_from(room, 1));
  let_pass(rig, room->shard);
  CHECK(rig.sink().count(published(room)) == 0);
}

TEMPLATE_LIST_TEST_CASE("after an unsubscription nothing arrives, until it is subscribed again", "[contract][fan_out]",
                        rigs) {
  TestType rig;
  const auto room = room_number(1);
  join(rig, room);
  rig.writer().publish(room, events_from(room, 1));
  REQUIRE(eventually([&] { return rig.sink().count(published(room)) == 1; }));
  rig.reader().unsubscribe(room);
  let_pass(rig, room->shard);  // the unsubscription has been carried out: its reader's calls keep their order
  rig.writer().publish(room, events_from(room, 2));
  let_pass(rig, room->shard);
  CHECK(rig.sink().count(published(room)) == 1);
  join(rig, room);
  rig.writer().publish(room, events_from(room, 3));
  REQUIRE(eventually([&] { return rig.sink().count(published(room)) == 2; }));
  CHECK(rig.sink().envelopes().back().events[0]->seq == seq{3});
}

TEMPLATE_LIST_TEST_CASE("each subscription is confirmed, a second one of the same room too", "[contract][fan_out]",
                        rigs) {
  TestType rig;
  const auto room = room_number(1);
  join(rig, room);
  join(rig, room);
  rig.writer().publish(room, events_from(room, 1));
  let_pass(rig, room->shard);
  CHECK(rig.sink().count(published(room)) == 1);
}

TEMPLATE_LIST_TEST_CASE("many rooms are confirmed and get their own events", "[contract][fan_out]", rigs) {
  TestType rig;
  constexpr std::uint32_t rooms = 3000;
  for (std::uint32_t i = 0; i < rooms; ++i) rig.reader().subscribe(room_number(i));
  REQUIRE(eventually([&] {
    const auto calls = rig.sink().calls();
    return std::count_if(calls.begin(), calls.end(), [](const auto& c) { return c.starts_with("room_subscribed"); }) ==
           rooms;
  }));
  for (std::uint32_t i = 0; i < rooms; ++i) rig.writer().publish(room_number(i), events_from(room_number(i), i + 1));
  REQUIRE(eventually([&] { return rig.sink().envelopes().size() == rooms; }));
  std::vector<bool> seen(rooms, false);
  for (const auto& e : rig.sink().envelopes()) {
    const auto number = static_cast<std::uint32_t>(e.before.seq.value);
    CHECK(e.room == room_number(number)->key);
    seen[number] = true;
  }
  CHECK(std::count(seen.begin(), seen.end(), true) == rooms);
}

TEMPLATE_LIST_TEST_CASE("what each of several threads publishes keeps its order", "[contract][fan_out]", rigs) {
  TestType rig;
  constexpr std::uint32_t threads = 4, each = 300;
  for (std::uint32_t t = 0; t < threads; ++t) join(rig, room_number(t));
  std::vector<std::thread> publishers;
  for (std::uint32_t t = 0; t < threads; ++t)
    publishers.emplace_back([&rig, t] {
      const auto room = room_number(t);
      for (std::uint64_t i = 1; i <= each; ++i) rig.writer().publish(room, events_from(room, i));
    });
  for (auto& p : publishers) p.join();
  REQUIRE(eventually([&] { return rig.sink().envelopes().size() == threads * each; }));
  std::map<room_key, std::uint64_t> last;
  for (const auto& e : rig.sink().envelopes()) {
    CHECK(e.before.seq.value == last[e.room]);
    last[e.room] = e.events.back()->seq.value;
  }
}

TEMPLATE_LIST_TEST_CASE("a sink may call its fan-out, and is not entered again meanwhile", "[contract][fan_out]",
                        rigs) {
  const auto first = room_number(1), second = room_number(2);
  std::atomic<int> inside{0}, worst{0};
  TestType rig;
  rig.sink().on_call([&](const std::string& call) {
    worst = std::max(worst.load(), ++inside);
    if (call == subscribed(first)) rig.reader().subscribe(second);
    if (call == subscribed(second)) rig.reader().publish(second, events_from(second, 1));
    --inside;
  });
  rig.reader().subscribe(first);
  REQUIRE(eventually([&] { return rig.sink().count(published(second)) == 1; }));
  CHECK(worst == 1);
}

TEMPLATE_LIST_TEST_CASE("a large batch arrives whole, in one or several envelopes", "[contract][fan_out]", rigs) {
  TestType rig;
  const auto room = room_number(1);
  join(rig, room);
  rig.writer().publish(room, events_from(room, 1, 50, std::string(65536, 'x')));
  REQUIRE(eventually([&] {
    const auto got = rig.sink().envelopes();
    return !got.empty() && got.back().events.back()->seq == seq{50};
  }));
  position last{term{5}, seq{0}};
  for (const auto& e : rig.sink().envelopes()) {
    CHECK(e.before == last);
    last = e.events.back()->at_position();
  }
}

#ifndef PARLEY_OVER_A_CLUSTER
TEST_CASE("an in-process fan-out whose sink stands still drops what waits, and says so", "[contract][fan_out][G9]") {
  std::mutex gate;
  const auto sink = std::make_shared<recording_sink>();
  const auto room = room_number(1);
  sink->on_call([&](const std::string& call) {
    if (call == published(room)) std::lock_guard{gate};
  });
  memory_fan_out fan{100};
  fan.attach(sink);
  fan.subscribe(room);
  {
    std::lock_guard closed(gate);
    for (std::uint64_t i = 1; i <= 250; ++i) fan.publish(room, events_from(room, i));
  }
  REQUIRE(eventually([&] { return sink->count("link_lost") >= 1 && sink->count(subscribed(room)) >= 2; }));
  const auto before = sink->count(published(room));
  CHECK(before < 250);
  fan.publish(room, events_from(room, 251));
  CHECK(eventually([&] {
    const auto got = sink->envelopes();
    return !got.empty() && got.back().before.seq == seq{250};
  }));
}
#endif
