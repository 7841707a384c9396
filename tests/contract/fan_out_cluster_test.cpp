// What only a fan-out over a Redis Cluster has to survive (F4, F5, F7, C10c, C11): slots that move, masters that go.
#include "storage/envelope_codec.hpp"
#include "storage/redis/channel_names.hpp"
#include "storage/redis/key_slot.hpp"
#include "storage/redis/try_endpoint.hpp"
#include "tests/contract/fan_out_cluster_rig.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace parley;
using namespace parley::testing;

namespace {

const room_ref room = room_number(7);
const std::string subscribed = "room_subscribed " + room->key.hex(), published = "room_published " + room->key.hex();
const std::string channel = channel_names("c1", "").room(room->shard, room->key);
const std::uint16_t slot = slot_of(channel).value;
const std::string lost = "shard_lost 7";

/// A room on each master.
std::vector<room_ref> a_room_of_each(private_redis_cluster& cluster) {
  std::map<std::size_t, room_ref> found;
  for (std::uint32_t i = 0; found.size() < 3; ++i) {
    const auto one = room_number(i);
    found.try_emplace(cluster.master_of(slot_of(channel_names("c1", "").room(one->shard, one->key)).value), one);
  }
  std::vector<room_ref> rooms;
  for (const auto& [master, one] : found) rooms.push_back(one);
  return rooms;
}

void join(cluster_rig& rig, const room_ref& which = room) {
  const auto told = "room_subscribed " + which->key.hex();
  const auto before = rig.sink().count(told);
  rig.reader().subscribe(which);
  REQUIRE(eventually([&] { return rig.sink().count(told) > before; }));
}

/// What is dropped while the writer's own links change is the contract.
void arrives_again(cluster_rig& rig, const room_ref& which = room) {
  const auto told = "room_published " + which->key.hex();
  const auto before = rig.sink().count(told);
  CHECK(eventually([&] {
    rig.writer().publish(which, events_from(which, 100));
    return rig.sink().count(told) > before;
  }));
}

/// By the server's own count.
bool is_subscribed_at(private_redis_cluster& cluster, std::size_t server) {
  return cluster.server(server).command({"PUBSUB", "SHARDNUMSUB", channel}) == channel + " 1";
}

/// In what the reader was told, the room's loss is followed by its subscription before anything of it arrives.
void check_turns(const std::vector<std::string>& calls) {
  bool is_subscribed = false;
  for (const auto& call : calls) {
    if (call == lost || call == "link_lost") is_subscribed = false;
    if (call == subscribed) is_subscribed = true;
    if (call == published) CHECK(is_subscribed);
  }
}

class kept_log final : public log {
public:
  bool is_on(log_level) const override { return true; }
  void write(log_level, std::string_view event, std::initializer_list<log_field> fields) override {
    std::lock_guard lock(mutex_);
    text_ += std::string(event);
    for (const auto& field : fields) text_ += ' ' + std::string(field.name) + '=' + field.value;
    text_ += '\n';
  }
  bool holds(std::string_view text) const {
    std::lock_guard lock(mutex_);
    return text_.find(text) != std::string::npos;
  }

private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace

TEST_CASE("a Redis Cluster that is tried tells its map, also by one server of it alone",
          "[redis][cluster][endpoints]") {
  auto& cluster = shared_redis_cluster();
  CHECK_FALSE(try_endpoint(*parse_redis_url(cluster.url()), milliseconds{2000}));
  CHECK_FALSE(try_endpoint(*parse_redis_url("redis+cluster://" + cluster.server(3).where()), milliseconds{2000}));
}

TEST_CASE("a slot that moves takes its subscribers along, and nobody else's", "[fan_out][redis][cluster][C11]") {
  cluster_rig rig;
  const auto elsewhere = room_number(8);
  join(rig);
  join(rig, elsewhere);
  for (std::size_t moves = 1; moves <= 3; ++moves) {
    const auto from = rig.cluster().master_of(slot), to = rig.cluster().another_master(slot);
    REQUIRE(is_subscribed_at(rig.cluster(), from));
    rig.cluster().move_slot(slot, to);
    REQUIRE(eventually([&] { return rig.sink().count(lost) >= moves && is_subscribed_at(rig.cluster(), to); }));
    CHECK_FALSE(is_subscribed_at(rig.cluster(), from));
    CHECK(eventually([&] { return rig.sink().count(subscribed) >= moves + 1; }));
    arrives_again(rig);
  }
  CHECK(rig.sink().count("link_lost") == 0);
  CHECK(rig.sink().count("shard_lost 8") == 0);
  check_turns(rig.sink().calls());
}

TEST_CASE("many rooms of a slot that moves are each confirmed again", "[fan_out][redis][cluster][C11]") {
  cluster_rig rig;
  constexpr std::uint32_t rooms = 300;
  const auto nth = [](std::uint32_t i) { return room_number(7 + 256 * i); };  // of one shard
  for (std::uint32_t i = 0; i < rooms; ++i) rig.reader().subscribe(nth(i));
  const auto all_told = [&](std::size_t times) {
    const auto calls = rig.sink().calls();
    std::map<std::string, std::size_t> count;
    for (const auto& call : calls) ++count[call];
    for (std::uint32_t i = 0; i < rooms; ++i)
      if (count["room_subscribed " + nth(i)->key.hex()] < times) return false;
    return true;
  };
  REQUIRE(eventually([&] { return all_told(1); }));
  rig.cluster().move_slot(slot, rig.cluster().another_master(slot));
  REQUIRE(eventually([&] { return rig.sink().count(lost) >= 1 && all_told(2); }));
  arrives_again(rig, nth(rooms - 1));
  // After the last loss each was told once more, or a reader would go on by polling for ever.
  const auto calls = rig.sink().calls();
  const auto last_loss = std::find(calls.rbegin(), calls.rend(), lost).base();
  for (std::uint32_t i = 0; i < rooms; ++i)
    CHECK(std::find(last_loss, calls.end(), "room_subscribed " + nth(i)->key.hex()) != calls.end());
}

TEST_CASE("a subscriber that knows an old map follows the redirection", "[fan_out][redis][cluster][C11]") {
  cluster_rig rig;
  const auto to = rig.cluster().another_master(slot);
  rig.cluster().move_slot(slot, to);
  join(rig);
  CHECK(is_subscribed_at(rig.cluster(), to));
  arrives_again(rig);
}

TEST_CASE("a publisher that knows an old map follows the redirection", "[fan_out][redis][cluster][C11]") {
  cluster_rig rig;
  rig.cluster().move_slot(slot, rig.cluster().another_master(slot));
  join(rig);  // the reader has found out; the writer has not
  const auto dropped = rig.writer_node().probe().dropped.load();
  rig.writer().publish(room, events_from(room, 1));
  CHECK(eventually([&] { return rig.writer_node().probe().dropped > dropped; }));
  arrives_again(rig);
  CHECK(rig.writer_node().sink().count("link_lost") == 0);
  CHECK(rig.writer_node().probe().links == 3);  // a redirection costs no link
}

TEST_CASE("a node that nobody tells of a move learns it from the next map", "[fan_out][redis][cluster][C11]") {
  cluster_rig rig;
  auto options = cluster_options(rig.cluster().url());
  options.map_period = milliseconds{100};
  redis_node quiet{options};  // it neither publishes nor subscribes meanwhile
  quiet.fan_out().start();
  REQUIRE(eventually([&] { return quiet.probe().links == 3; }));
  rig.cluster().move_slot(slot, rig.cluster().another_master(slot));
  join(rig);
  const auto asked = rig.cluster().maps_told();
  REQUIRE(eventually([&] { return rig.cluster().maps_told() >= asked + 10; }));
  const auto dropped = quiet.probe().dropped.load();
  quiet.fan_out().publish(room, events_from(room, 1));
  CHECK(eventually([&] { return rig.sink().count(published) == 1; }));
  CHECK(quiet.probe().dropped == dropped);
}

TEST_CASE("a replica that is promoted gets its master's subscribers", "[fan_out][redis][cluster][C11][G6]") {
  cluster_rig rig;
  const auto rooms = a_room_of_each(rig.cluster());
  join(rig);
  for (const auto& one : rooms) join(rig, one);
  const auto promoted = rig.cluster().replica_of(rig.cluster().master_of(slot));
  rig.cluster().promote(promoted);
  REQUIRE(eventually([&] { return rig.sink().count(lost) >= 1 && is_subscribed_at(rig.cluster(), promoted); }));
  CHECK(eventually([&] { return rig.sink().count(subscribed) >= 2; }));
  arrives_again(rig);
  for (const auto& one : rooms) arrives_again(rig, one);
  check_turns(rig.sink().calls());
}

TEST_CASE("a master that is killed costs its own shards only, until its replica is promoted",
          "[fan_out][redis][cluster][C11][G6]") {
  cluster_rig rig;
  const auto rooms = a_room_of_each(rig.cluster());
  for (const auto& one : rooms) join(rig, one);
  join(rig);
  const auto killed = rig.cluster().master_of(slot);
  rig.cluster().server(killed).kill();
  REQUIRE(eventually([&] { return rig.sink().count(lost) >= 1; }));
  CHECK(rig.sink().count("link_lost") == 0);
  std::size_t shards_lost = 0;
  for (const auto& one : rooms) shards_lost += rig.sink().count("shard_lost " + std::to_string(one->shard.value)) != 0;
  CHECK(shards_lost == 1);
  CHECK(eventually([&] { return rig.sink().count(subscribed) >= 2; }));
  arrives_again(rig);
  for (const auto& one : rooms) arrives_again(rig, one);
  CHECK(rig.sink().count("link_lost") == 0);
  check_turns(rig.sink().calls());
}

TEST_CASE("a master that stands still is found by its canaries", "[fan_out][redis][cluster][C10]") {
  cluster_rig rig;
  join(rig);
  REQUIRE(eventually([&] { return rig.reader_node().probe().canaries >= 6; }));  // two rounds of three masters
  const auto paused = rig.cluster().master_of(slot);
  rig.cluster().server(paused).pause();
  CHECK(eventually([&] { return rig.sink().count(lost) >= 1; }));
  CHECK(rig.reader_node().probe().half_open >= 1);
  CHECK(rig.sink().count("link_lost") == 0);
  rig.cluster().server(paused).resume();
  CHECK(eventually([&] { return rig.sink().count(subscribed) >= 2; }));
  arrives_again(rig);
}

TEST_CASE("canaries keep quiet links to all masters open", "[fan_out][redis][cluster][C10]") {
  cluster_rig rig;
  REQUIRE(eventually([&] { return rig.reader_node().probe().canaries >= 18; }));
  CHECK(rig.reader_node().probe().links == 3);
  CHECK(rig.reader_node().probe().half_open == 0);
}

TEST_CASE("links that a master kills come back, and cost its own shards only", "[fan_out][redis][cluster][G6]") {
  cluster_rig rig;
  const std::string kind = GENERATE(as<std::string>{}, "pubsub", "normal");
  join(rig);
  rig.cluster().server(rig.cluster().master_of(slot)).command({"CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"});
  REQUIRE(eventually([&] { return rig.sink().count(lost) == 1 && rig.sink().count(subscribed) >= 2; }));
  CHECK(rig.sink().count("link_lost") == 0);
  arrives_again(rig);
  check_turns(rig.sink().calls());
}

TEST_CASE("with a key, a forged event is refused and counted, and the nodes' own arrive",
          "[fan_out][redis][cluster][security]") {
  cluster_rig rig{std::vector<std::string>{std::string(64, 'a')}};
  join(rig);
  const auto master = rig.cluster().master_of(slot);
  rig.cluster().server(master).command({"SPUBLISH", channel, encode_envelopes("c1", events_from(room, 1))[0]});
  CHECK(eventually([&] { return rig.reader_node().probe().refused == 1; }));
  rig.writer().publish(room, events_from(room, 2));
  REQUIRE(eventually([&] { return rig.sink().count(published) == 1; }));
  CHECK(rig.sink().envelopes()[0].before.seq == seq{1});
}

TEST_CASE("a seed that is down is passed over", "[fan_out][redis][cluster]") {
  auto& cluster = shared_redis_cluster();
  const auto dead = "127.0.0.1:" + std::to_string(free_port());
  redis_node node{cluster_options("redis+cluster://" + dead + "," + cluster.server(0).where())};
  node.fan_out().start();
  CHECK(eventually([&] { return node.probe().links == 3; }));
}

TEST_CASE("one seed is enough to find all masters, a replica too", "[fan_out][redis][cluster]") {
  auto& cluster = shared_redis_cluster();
  const auto replica = cluster.replica_of(cluster.master_of(slot));
  redis_node node{cluster_options("redis+cluster://" + cluster.server(replica).where())};
  node.fan_out().start();
  CHECK(eventually([&] { return node.probe().links == 3; }));
}

TEST_CASE("a server that is no cluster is complained of, and asked again", "[fan_out][redis][cluster]") {
  private_redis server;
  kept_log out;
  redis_node node{cluster_options("redis+cluster://" + server.where()), &out};
  node.fan_out().subscribe(room);
  node.fan_out().publish(room, events_from(room, 1));
  node.fan_out().start();
  CHECK(eventually([&] { return node.probe().opens_failed >= 3; }));
  CHECK(node.probe().dropped == 1);
  CHECK(node.sink().calls().empty());
  CHECK(out.holds("redis.no_slot_map"));
  CHECK(out.holds("do=name it redis://HOST:PORT"));
}

TEST_CASE("a server without slots is waited for, until it has some", "[fan_out][redis][cluster]") {
  private_redis server{"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())};
  kept_log out;
  redis_node node{cluster_options("redis+cluster://" + server.where()), &out};
  node.fan_out().subscribe(room);
  node.fan_out().start();
  CHECK(eventually([&] { return node.probe().opens_failed >= 2; }));
  CHECK(out.holds("knows no master"));
  server.command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  CHECK(eventually([&] { return node.sink().count(subscribed) == 1; }));
  CHECK(out.holds("redis.cluster_learnt"));
}

TEST_CASE("the rights that docs/operations.md names are enough, and a wrong password is none",
          "[fan_out][redis][cluster][security]") {
  private_redis server{"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())};
  server.command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  server.command({"ACL", "SETUSER", "parley", "on", ">secret", "resetchannels", "&parley:*", "-@all", "+spublish",
                  "+ssubscribe", "+sunsubscribe", "+ping", "+cluster|slots"});
  SECTION("they are") {
    redis_node node{cluster_options("redis+cluster://parley:secret@" + server.where())};
    node.fan_out().start();
    node.fan_out().subscribe(room);
    REQUIRE(eventually([&] { return node.sink().count(subscribed) == 1; }));
    node.fan_out().publish(room, events_from(room, 1));
    CHECK(eventually([&] { return node.sink().count(published) == 1 && node.probe().canaries > 2; }));
    node.fan_out().unsubscribe(room);
    CHECK(eventually([&] { return server.command({"PUBSUB", "SHARDNUMSUB", channel}) == channel + " 0"; }));
    CHECK(node.sink().count("link_lost") == 0);
  }
  SECTION("it is not") {
    redis_node node{cluster_options("redis+cluster://parley:wrong@" + server.where())};
    node.fan_out().start();
    CHECK(eventually([&] { return node.probe().opens_failed >= 2; }));
    CHECK_FALSE(node.is_up_again(1));
  }
  SECTION("a user who may not ask for the map is told what to allow") {
    server.command({"ACL", "SETUSER", "parley", "-cluster|slots"});
    kept_log out;
    redis_node node{cluster_options("redis+cluster://parley:secret@" + server.where()), &out};
    node.fan_out().start();
    CHECK(eventually([&] { return out.holds("do=let its user run CLUSTER SLOTS"); }));
  }
}

TEST_CASE("a fan-out over a cluster that is stopped in any phase leaves nothing behind", "[fan_out][redis][cluster]") {
  auto& cluster = shared_redis_cluster();
  for (int i = 0; i < 30; ++i) {
    redis_node node{cluster_options(cluster.url())};  // its end joins the thread: a handler that stays would hang
    node.fan_out().subscribe(room);
    node.fan_out().start();
    node.fan_out().publish(room, events_from(room, 1));
    if (i % 5 == 0) REQUIRE(eventually([&] { return node.is_up_again(1); }));
    if (i % 2 == 0) node.fan_out().stop();
  }
}
