// What a gate adds to a fan-out: it may be shut on purpose, and opened again.
#include "storage/faults/gated_fan_out.hpp"
#include "tests/contract/fan_out_rigs.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace parley;
using namespace parley::testing;
using calls = std::vector<std::string>;

namespace {

/// An adapter beneath, played by the test.
struct played_fan_out final : fan_out {
  void attach(std::shared_ptr<fan_out_sink> to) override { sink = std::move(to); }
  void subscribe(room_ref room) override { rooms.insert(room->key); }
  void unsubscribe(room_ref room) override { rooms.erase(room->key); }
  void subscribe(shard_id shard) override { shards.insert(shard); }
  void unsubscribe(shard_id shard) override { shards.erase(shard); }
  void publish(room_ref, room_envelope) override { ++published; }
  void publish(beacon) override { ++published; }

  std::shared_ptr<fan_out_sink> sink;
  std::set<room_key> rooms;
  std::set<shard_id> shards;
  int published = 0;
};

struct stage {
  stage() {
    gate.attach(sink);
    beneath.sink->link_restored();
  }
  /// Subscribed and confirmed.
  void join(const room_ref& room) {
    gate.subscribe(room);
    beneath.sink->room_subscribed(room->key);
  }
  calls told_since(std::size_t before) const {
    const auto all = sink->calls();
    return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
  }
  std::size_t told() const { return sink->calls().size(); }

  played_fan_out beneath;
  gated_fan_out gate{beneath};
  std::shared_ptr<recording_sink> sink = std::make_shared<recording_sink>();
};

const auto first = room_number(1), second = room_number(2), third = room_number(3);
std::string subscribed(const room_ref& room) { return "room_subscribed " + room->key.hex(); }

}  // namespace

TEST_CASE("a gate that shuts tells a lost link, and lets nothing through in either direction",
          "[contract][faults][G6]") {
  stage s;
  s.join(first);
  const auto before = s.told();
  s.gate.set_open(false);
  s.gate.set_open(false);
  CHECK(s.told_since(before) == calls{"link_lost"});
  CHECK_FALSE(s.gate.is_open());
  s.gate.publish(first, events_from(first, 1));
  s.gate.publish(beacon{shard_id{1}, term{1}, 1, {}, {}, {}});
  s.beneath.sink->room_published(events_from(first, 2));
  s.beneath.sink->beacon_published(beacon{shard_id{1}, term{1}, 1, {}, {}, {}});
  CHECK(s.beneath.published == 0);
  CHECK(s.gate.dropped() == 2);
  CHECK(s.told_since(before) == calls{"link_lost"});
}

TEST_CASE("a gate that opens tells a restored link and every subscription that stands, no other",
          "[contract][faults][G6]") {
  stage s;
  s.join(first);
  s.join(second);
  s.gate.subscribe(shard_id{7});
  s.beneath.sink->shard_subscribed(shard_id{7});
  s.gate.set_open(false);
  s.join(third);  // wishes go on beneath
  s.gate.unsubscribe(second);
  s.gate.subscribe(room_number(4));  // not confirmed yet
  CHECK(s.beneath.rooms == std::set{first->key, third->key, room_number(4)->key});
  const auto before = s.told();
  s.gate.set_open(true);
  s.gate.set_open(true);
  CHECK(s.told_since(before) == calls{"link_restored", subscribed(first), subscribed(third), "shard_subscribed 7"});
  s.beneath.sink->room_subscribed(room_number(4)->key);
  s.beneath.sink->room_published(events_from(first, 1));
  s.gate.publish(first, events_from(first, 2));
  CHECK(s.sink->calls().back() == "room_published " + first->key.hex());
  CHECK(s.sink->count(subscribed(room_number(4))) == 1);
  CHECK(s.beneath.published == 1);
}

TEST_CASE("what is lost beneath a shut gate is not told as standing when it opens", "[contract][faults][G6]") {
  stage s;
  s.join(first);
  s.join(second);
  s.gate.set_open(false);
  s.beneath.sink->shards_lost({first->shard});
  const auto before = s.told();
  s.gate.set_open(true);
  CHECK(s.told_since(before) == calls{"link_restored", subscribed(second)});

  s.gate.set_open(false);
  s.beneath.sink->link_lost("gone");
  const auto shut = s.told();
  s.gate.set_open(true);
  CHECK(s.told_since(shut).empty());  // there is no link: the loss was told before
  s.beneath.sink->link_restored();
  s.beneath.sink->room_subscribed(second->key);
  CHECK(s.told_since(shut) == calls{"link_restored", subscribed(second)});
}

TEST_CASE("a sink that subscribes while it is told of standing subscriptions gets its confirmation",
          "[contract][faults]") {
  stage s;
  s.join(first);
  s.gate.set_open(false);
  s.sink->on_call([&](const std::string& call) {
    if (call == subscribed(first)) s.join(second);
  });
  s.gate.set_open(true);
  CHECK(s.sink->count(subscribed(second)) == 1);
}
