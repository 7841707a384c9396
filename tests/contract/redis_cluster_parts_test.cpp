// What a Redis Cluster's servers say of slots, as it is read: all of it untrusted.
#include "storage/redis/channel_names.hpp"
#include "storage/redis/redirection.hpp"
#include "storage/redis/slot_map.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace parley;
using value_kind = resp_value::value_kind;

namespace {

resp_value read(std::string_view bytes) {
  resp_reader reader(slot_map_limits);
  REQUIRE(reader.feed(bytes));
  auto value = reader.next();
  REQUIRE(value.has_value());
  return std::move(*value);
}

std::string text(const std::string& s) { return "$" + std::to_string(s.size()) + "\r\n" + s + "\r\n"; }
std::string number(long long n) { return ":" + std::to_string(n) + "\r\n"; }
std::string list(std::initializer_list<std::string> elements) {
  std::string made = "*" + std::to_string(elements.size()) + "\r\n";
  for (const auto& each : elements) made += each;
  return made;
}
/// As Redis 7.0 says it: host, port, id, and a list of other things.
std::string server(const std::string& host, long long port) {
  return list({text(host), number(port), text("id"), list({})});
}

bool is_refused(const std::string& bytes) { return slot_map::read(read(bytes), "asked").has_error(); }

}  // namespace

TEST_CASE("a slot is the XMODEM sum of a channel's hash tag", "[redis][cluster]") {
  CHECK(crc16("") == 0);
  CHECK(crc16("123456789") ==
        0x31c3);  // the check value of the algorithm's catalogue, and of the cluster specification
  CHECK(slot_of("foo") == key_slot{12182});  // CLUSTER KEYSLOT
  CHECK(slot_of("bar") == key_slot{5061});
  CHECK(slot_of("{foo}.bar") == key_slot{12182});
  CHECK(slot_of("a{foo}b{bar}") == key_slot{12182});
  CHECK(slot_of("{}foo") == key_slot{crc16("{}foo") % key_slots});  // an empty tag is none
  CHECK(slot_of("{foo") == key_slot{crc16("{foo") % key_slots});
  CHECK(slot_of("foo{{bar}}zap") == slot_of("{bar"));
}

TEST_CASE("all channels of a shard are one slot", "[redis][cluster]") {
  const channel_names names{"c1", "own"};
  std::set<key_slot> slots;
  for (std::uint32_t shard = 0; shard < 256; ++shard) {
    const auto slot = slot_of(names.beacon(shard_id{shard}));
    CHECK(slot_of(names.room(shard_id{shard}, room_key{{1}})) == slot);
    CHECK(slot_of(names.room(shard_id{shard}, room_key{{2}})) == slot);
    slots.insert(slot);
  }
  CHECK(slots.size() > 240);  // they spread: few share one
}

TEST_CASE("redirections are read, and what is none is not taken for one", "[redis][cluster]") {
  const auto moved = parse_redirection("MOVED 3999 127.0.0.1:6381");
  REQUIRE(moved.has_value());
  CHECK(moved->what == redirection::kind::moved);
  CHECK(moved->slot == key_slot{3999});
  CHECK(moved->target == server_name{"127.0.0.1", "6381"});
  CHECK(parse_redirection("MOVED 0 ::1:6381")->target == server_name{"::1", "6381"});
  CHECK(parse_redirection("MOVED 16383 :6381")->target == server_name{"", "6381"});  // the host that was asked
  for (const auto* error :
       {"ASK 3999 127.0.0.1:6381", "TRYAGAIN Multiple keys request", "CLUSTERDOWN The cluster is down"})
    CHECK(parse_redirection(error)->what == redirection::kind::later);
  for (const auto* error : {"", "ERR no", "NOPERM this user", "moved 1 a:1", "MOVEDX 1 a:1", "CROSSSLOT Keys"})
    CHECK_FALSE(parse_redirection(error).has_value());
}

TEST_CASE("a redirection to nowhere only says that the map has changed", "[redis][cluster]") {
  for (const auto* error : {"MOVED", "MOVED ", "MOVED 1", "MOVED x a:1", "MOVED -1 a:1", "MOVED 16384 a:1",
                            "MOVED 99999999 a:1", "MOVED 1 a", "MOVED 1 a:", "MOVED 1 a:0", "MOVED 1 a:65536",
                            "MOVED 1 a:b", "MOVED 1 ?:1", "MOVED 1 a\tb:1", "MOVED 1 :"}) {
    CAPTURE(error);
    const auto got = parse_redirection(error);
    REQUIRE(got.has_value());
    CHECK(got->what == redirection::kind::later);
  }
}

TEST_CASE("a slot map names each slot's master, and the replicas that can be asked too", "[redis][cluster]") {
  const auto map = slot_map::read(read(list({list({number(0), number(99), server("a", 1), server("r", 9)}),
                                             list({number(100), number(200), server("b", 2), server("r", 9)}),
                                             list({number(300), number(16383), server("a", 1)})})),
                                  "asked");
  REQUIRE(map.has_value());
  CHECK(map->masters() == std::vector<server_name>{{"a", "1"}, {"b", "2"}});
  CHECK(map->replicas() == std::set<server_name>{{"r", "9"}});
  CHECK(*map->owner(key_slot{0}) == server_name{"a", "1"});
  CHECK(*map->owner(key_slot{99}) == server_name{"a", "1"});
  CHECK(*map->owner(key_slot{100}) == server_name{"b", "2"});
  CHECK(map->owner(key_slot{201}) == nullptr);
  CHECK(*map->owner(key_slot{16383}) == server_name{"a", "1"});
}

TEST_CASE("a server that does not know its own host is where it was asked; one that nobody knows has no slot",
          "[redis][cluster]") {
  const auto map = slot_map::read(
      read(
          list({list({number(0), number(1), server("", 1)}), list({number(2), number(3), list({"$-1\r\n", number(2)})}),
                list({number(4), number(5), server("?", 3)}), list({number(6), number(7), server("c", 0)})})),
      "asked");
  REQUIRE(map.has_value());
  CHECK(*map->owner(key_slot{1}) == server_name{"asked", "1"});
  CHECK(*map->owner(key_slot{2}) == server_name{"asked", "2"});
  CHECK(map->owner(key_slot{4}) == nullptr);
  CHECK(map->owner(key_slot{6}) == nullptr);
  CHECK(map->masters().size() == 2);
}

TEST_CASE("an empty list is a map without masters", "[redis][cluster]") {
  const auto map = slot_map::read(read("*0\r\n"), "asked");
  REQUIRE(map.has_value());
  CHECK(map->masters().empty());
}

TEST_CASE("a refusal is told as it was said", "[redis][cluster]") {
  const auto map = slot_map::read(read("-ERR This instance has cluster support disabled\r\n"), "asked");
  REQUIRE(map.has_error());
  CHECK(map.error().detail == "ERR This instance has cluster support disabled");
}

TEST_CASE("hostile slot maps are refused", "[redis][cluster][security]") {
  const auto good = server("a", 1);
  CHECK(is_refused("+OK\r\n"));
  CHECK(is_refused(":1\r\n"));
  CHECK(is_refused("$-1\r\n"));
  CHECK(is_refused(list({number(1)})));
  CHECK(is_refused(list({list({})})));
  CHECK(is_refused(list({list({number(0), number(1)})})));         // no master
  CHECK(is_refused(list({list({text("0"), number(1), good})})));   // a slot that is no number
  CHECK(is_refused(list({list({number(-1), number(1), good})})));  // slots out of range
  CHECK(is_refused(list({list({number(0), number(16384), good})})));
  CHECK(is_refused(list({list({number(0), number(1LL << 62), good})})));
  CHECK(is_refused(list({list({number(2), number(1), good})})));       // backwards
  CHECK(is_refused(list({list({number(0), number(1), text("a")})})));  // servers that are none
  CHECK(is_refused(list({list({number(0), number(1), list({text("a")})})})));
  CHECK(is_refused(list({list({number(0), number(1), list({number(1), number(1)})})})));
  CHECK(is_refused(list({list({number(0), number(1), list({text("a"), text("1")})})})));
  CHECK(is_refused(list({list({number(0), number(1), good, number(1)})})));
  CHECK(is_refused(
      list({list({number(0), number(16383), good}), list({number(0), number(0), good})})));  // too many slots
}

TEST_CASE("a server of a strange name has no slot", "[redis][cluster][security]") {
  for (const std::string& host :
       {std::string("a b"), std::string("a\nb"), std::string("a\0b", 3), std::string(256, 'a')}) {
    const auto map = slot_map::read(read(list({list({number(0), number(1), server(host, 1)})})), "asked");
    REQUIRE(map.has_value());
    CHECK(map->masters().empty());
  }
}

TEST_CASE("more masters than a cluster can have are refused, and no more replicas are kept", "[redis][cluster][G9]") {
  std::string many = "*1001\r\n", replicas = list({number(0), number(1), server("a", 1)});
  for (int i = 0; i < 1001; ++i) many += list({number(i), number(i), server("a", 1 + i)});
  CHECK(is_refused(many));
  replicas.replace(0, 4, "*3003\r\n");
  for (int i = 0; i < 3000; ++i) replicas += list({text("r"), number(1 + i)});
  const auto map = slot_map::read(read("*1\r\n" + replicas), "asked");
  REQUIRE(map.has_value());
  CHECK(map->replicas().size() == slot_map::replicas_max);
}

TEST_CASE("a list longer than there are slots is not even read", "[redis][cluster][security]") {
  resp_reader reader(slot_map_limits);
  reader.feed("*16385\r\n");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.fault().empty());
}
