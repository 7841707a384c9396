#include "storage/redis/cluster_book.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>

using namespace parley;
using value_kind = resp_value::value_kind;

namespace {

const server_name a{"a", "1"}, b{"b", "2"}, c{"c", "3"};
constexpr shard_id red{1}, blue{2};
// Their slots are 12182 and 5061.
const std::string foo = "{foo}", foo2 = "{foo}2", bar = "{bar}";
constexpr room_key room{{1}};

struct range {
  int first, last;
  server_name master;
};

slot_map map_of(const std::vector<range>& ranges) {
  const auto number = [](long long n) { return resp_value{value_kind::integer, {}, n, {}}; };
  resp_value all{value_kind::array, {}, 0, {}};
  for (const auto& r : ranges) {
    const resp_value host{value_kind::string, r.master.host, 0, {}};
    const resp_value master{value_kind::array, {}, 0, {host, number(std::stoi(r.master.port))}};
    all.elements.push_back({value_kind::array, {}, 0, {number(r.first), number(r.last), master}});
  }
  auto made = slot_map::read(all, "asked");
  REQUIRE(made.has_value());
  return std::move(*made);
}

slot_map whole(const server_name& master) { return map_of({{0, 16383, master}}); }
/// bar is the lower half's, foo the upper one's.
slot_map halves(const server_name& lower, const server_name& upper) {
  return map_of({{0, 8191, lower}, {8192, 16383, upper}});
}

redirection moved_to(key_slot slot, server_name target) { return {redirection::kind::moved, slot, std::move(target)}; }

/// Carries out what the book asks for.
struct shell {
  cluster_book book;
  std::map<master_id, server_name> masters;
  std::map<master_id, std::set<std::string>> wanted;
  std::map<master_id, key_slot> canaries;
  std::map<key_slot, master_id> routes;
  std::set<shard_id> lost;  ///< by the last effects
  std::vector<std::string> told;
  bool learns = false;
  std::optional<server_name> asks_first;

  void perform(const cluster_effects& effects) {
    lost.clear();
    for (const auto& effect : effects) std::visit([this](const auto& e) { carry_out(e); }, effect);
  }
  master_id at(const server_name& where) const {
    const auto found = std::ranges::find_if(masters, [&](const auto& m) { return m.second == where; });
    REQUIRE(found != masters.end());
    return found->first;
  }
  const std::set<std::string>& wanted_at(const server_name& where) { return wanted[at(where)]; }

  void carry_out(const open_master& e) { REQUIRE(masters.emplace(e.master, e.where).second); }
  void carry_out(const close_master& e) {
    CHECK(wanted[e.master].empty());
    CHECK(std::ranges::none_of(routes, [&](const auto& route) { return route.second == e.master; }));
    wanted.erase(e.master);
    REQUIRE(masters.erase(e.master) == 1);
  }
  void carry_out(const use_canary& e) {
    REQUIRE(masters.contains(e.master));
    canaries[e.master] = slot_of(channel_names::canary_tag(e.number));
    CHECK(routes[canaries[e.master]] == e.master);
  }
  void carry_out(const route_slots& e) {
    if (e.master) REQUIRE(masters.contains(*e.master));
    for (std::uint16_t i = e.first.value; i <= e.last.value; ++i) {
      if (e.master)
        routes[key_slot{i}] = *e.master;
      else
        routes.erase(key_slot{i});
    }
  }
  void carry_out(const want_channel& e) {
    REQUIRE(masters.contains(e.master));
    wanted[e.master].insert(e.channel);
  }
  void carry_out(const unwant_channel& e) { CHECK(wanted.at(e.master).erase(e.channel) == 1); }
  void carry_out(const tell_shards_lost& e) { lost.insert(e.shards.begin(), e.shards.end()); }
  void carry_out(const tell_link_lost&) { told.push_back("lost"); }
  void carry_out(const tell_link_restored&) { told.push_back("restored"); }
  void carry_out(const learn_map& e) {
    learns = true;
    asks_first = e.from;
  }
};

/// bar at a, foo and foo2 at b, both masters up.
shell standing() {
  shell s;
  s.perform(s.book.learnt(halves(a, b)));
  s.perform(s.book.opened(s.at(a)));
  s.perform(s.book.opened(s.at(b)));
  s.perform(s.book.want(foo, room, red));
  s.perform(s.book.want(foo2, room, red));
  s.perform(s.book.want(bar, room, blue));
  REQUIRE_FALSE(s.learns);
  return s;
}

using names = std::set<std::string>;
using shards = std::set<shard_id>;

}  // namespace

TEST_CASE("a channel is asked of the master of its slot, once the map is known", "[redis][cluster]") {
  shell s;
  s.perform(s.book.want(foo, room, red));
  CHECK(s.learns);
  CHECK(s.book.has_homeless());
  s.perform(s.book.learnt(halves(a, b)));
  CHECK(s.wanted_at(b) == names{foo});
  CHECK(s.wanted_at(a).empty());
  s.perform(s.book.want(bar, room, blue));
  CHECK(s.wanted_at(a) == names{bar});
  CHECK(s.routes.size() == key_slots);
  s.perform(s.book.unwant(foo));
  CHECK(s.wanted_at(b).empty());
}

TEST_CASE("a wish for what is asked already is asked again, so that it is told", "[redis][cluster]") {
  auto s = standing();
  const auto again = s.book.want(foo, room, red);
  REQUIRE(again.size() == 1);
  CHECK(std::holds_alternative<want_channel>(again[0]));
}

TEST_CASE("the endpoint is up while one master is; its loss is that of its shards", "[redis][cluster][G6]") {
  auto s = standing();
  CHECK(s.told == std::vector<std::string>{"restored"});
  s.perform(s.book.lost(s.at(b)));
  CHECK(s.lost == shards{red});
  CHECK(s.learns);
  CHECK(s.wanted_at(b) == names{foo, foo2});  // its links subscribe again by themselves
  s.perform(s.book.lost(s.at(a)));
  CHECK(s.told == std::vector<std::string>{"restored", "lost"});
  CHECK(s.lost.empty());
  s.perform(s.book.opened(s.at(b)));
  CHECK(s.told == std::vector<std::string>{"restored", "lost", "restored"});
}

TEST_CASE("a slot that moved by the map takes its channels along, and they count as lost", "[redis][cluster]") {
  auto s = standing();
  s.perform(s.book.learnt(whole(a)));
  CHECK(s.lost == shards{red});
  CHECK(s.wanted_at(a) == names{foo, foo2, bar});
  CHECK(s.masters.size() == 1);
  CHECK_FALSE(s.learns);
}

TEST_CASE("a map that changes nothing changes nothing", "[redis][cluster]") {
  auto s = standing();
  CHECK(s.book.learnt(halves(a, b)).empty());
}

TEST_CASE("a promoted replica takes its master's place", "[redis][cluster][G6]") {
  auto s = standing();
  s.perform(s.book.lost(s.at(b)));
  s.perform(s.book.learnt(halves(a, c)));
  CHECK(s.lost.empty());  // told already
  CHECK(s.wanted_at(c) == names{foo, foo2});
  CHECK(s.masters.size() == 2);
}

TEST_CASE("where the only master is replaced, the link is lost until the next one stands", "[redis][cluster]") {
  shell s;
  s.perform(s.book.learnt(whole(a)));
  s.perform(s.book.opened(s.at(a)));
  s.perform(s.book.want(foo, room, red));
  s.perform(s.book.learnt(whole(b)));
  s.perform(s.book.opened(s.at(b)));
  CHECK(s.told == std::vector<std::string>{"restored", "lost", "restored"});
  CHECK(s.wanted_at(b) == names{foo});
}

TEST_CASE("subscriptions that a master ended are asked of nobody until the map is learnt", "[redis][cluster]") {
  auto s = standing();
  const auto from = s.at(b);
  s.perform(s.book.ended(from, slot_of(foo)));
  CHECK(s.lost == shards{red});
  CHECK(s.wanted_at(b).empty());
  CHECK(s.asks_first == b);
  s.perform(s.book.ended(from, slot_of(foo)));  // its other channel
  CHECK(s.lost.empty());
  SECTION("it went to another master") { s.perform(s.book.learnt(whole(a))); }
  SECTION("it came back") {
    s.perform(s.book.learnt(halves(a, b)));
    CHECK(s.wanted_at(b) == names{foo, foo2});
  }
  SECTION("nobody has it") {
    s.learns = false;
    s.perform(s.book.learnt(map_of({{0, 8191, a}})));
    CHECK(s.learns);
    CHECK(s.book.has_homeless());
    s.perform(s.book.learnt(halves(a, b)));
    CHECK(s.wanted_at(b) == names{foo, foo2});
  }
  CHECK_FALSE(s.book.has_homeless());
}

TEST_CASE("a redirected subscription is followed at once, to a master not known before too", "[redis][cluster]") {
  auto s = standing();
  const auto target = GENERATE(a, c);
  s.perform(s.book.subscription_redirected(s.at(b), slot_of(foo), moved_to(slot_of(foo), target)));
  CHECK(s.wanted_at(target).contains(foo));
  CHECK(s.wanted_at(target).contains(foo2));
  CHECK(s.routes[slot_of(foo)] == s.at(target));
  CHECK(s.lost == shards{red});
  CHECK(s.learns);  // what else has moved?
}

TEST_CASE("servers that name each other are followed once, then the map is waited for", "[redis][cluster][G9]") {
  auto s = standing();
  const auto slot = slot_of(foo);
  s.perform(s.book.subscription_redirected(s.at(b), slot, moved_to(slot, a)));
  s.perform(s.book.subscription_redirected(s.at(a), slot, moved_to(slot, b)));
  CHECK_FALSE(s.wanted_at(a).contains(foo));
  CHECK_FALSE(s.wanted_at(b).contains(foo));
  CHECK(s.learns);
  s.perform(s.book.learnt(halves(a, b)));
  CHECK(s.wanted_at(b) == names{foo, foo2});
}

TEST_CASE("a redirection to the same server, to another slot's or to later waits for the map", "[redis][cluster]") {
  auto s = standing();
  const auto where =
      GENERATE(moved_to(slot_of(foo), b), moved_to(slot_of(foo), {"", "2"}), moved_to(slot_of(bar), a), redirection{});
  s.perform(s.book.subscription_redirected(s.at(b), slot_of(foo), where));
  CHECK(s.wanted_at(b).empty());
  CHECK(s.learns);
  s.perform(s.book.learnt(halves(a, b)));
  CHECK(s.wanted_at(b) == names{foo, foo2});
}

TEST_CASE("a redirected message moves its slot for publishers and readers", "[redis][cluster]") {
  auto s = standing();
  s.perform(s.book.publish_redirected(s.at(b), moved_to(slot_of(foo), a)));
  CHECK(s.routes[slot_of(foo)] == s.at(a));
  CHECK(s.wanted_at(a) == names{foo, foo2, bar});
  CHECK(s.lost == shards{red});
  s.learns = false;
  s.perform(s.book.publish_redirected(s.at(b), moved_to(slot_of(foo), a)));  // one that was on its way
  CHECK(s.learns);
  CHECK(s.wanted_at(a) == names{foo, foo2, bar});
}

TEST_CASE("what a master that is none any more says changes nothing", "[redis][cluster]") {
  auto s = standing();
  const auto former = s.at(b);
  s.perform(s.book.learnt(whole(a)));
  s.told.clear();
  s.learns = false;
  for (const auto& effects : {s.book.opened(former), s.book.lost(former), s.book.ended(former, slot_of(foo)),
                              s.book.subscription_redirected(former, slot_of(foo), moved_to(slot_of(foo), c)),
                              s.book.publish_redirected(former, moved_to(slot_of(foo), c))})
    CHECK(effects.empty());
}

TEST_CASE("each master has a canary in a slot of its own, wherever its slots are", "[redis][cluster][C10]") {
  shell s;
  const auto slot = GENERATE(take(20, random(0, 16383)));
  CAPTURE(slot);
  std::vector<range> ranges{{slot, slot, a}};
  if (slot > 0) ranges.push_back({0, slot - 1, b});
  if (slot < 16383) ranges.push_back({slot + 1, 16383, b});
  s.perform(s.book.learnt(map_of(ranges)));
  CHECK(s.canaries.at(s.at(a)) == key_slot{static_cast<std::uint16_t>(slot)});
  CHECK(s.routes.at(s.canaries.at(s.at(b))) == s.at(b));
  s.perform(s.book.learnt(halves(b, a)));
  for (const auto& [id, where] : s.masters) CHECK(s.routes.at(s.canaries.at(id)) == id);
}

TEST_CASE("a canary whose slot was ended gets another subscription with the next map", "[redis][cluster][C10]") {
  auto s = standing();
  const auto id = s.at(b);
  const auto slot = s.canaries.at(id);
  s.canaries.clear();
  SECTION("ended") { s.perform(s.book.ended(id, slot)); }
  SECTION("redirected") { s.perform(s.book.subscription_redirected(id, slot, redirection{})); }
  CHECK(s.learns);
  CHECK(s.wanted_at(b) == names{foo, foo2});
  s.perform(s.book.learnt(halves(a, b)));
  CHECK(s.canaries.contains(id));
}

TEST_CASE("redirections open no more servers than a cluster can have", "[redis][cluster][G9]") {
  auto s = standing();
  for (int i = 0; i < 3000; ++i) {
    const key_slot slot{static_cast<std::uint16_t>(i)};
    s.perform(s.book.publish_redirected(s.at(a), moved_to(slot, {"evil", std::to_string(i + 1)})));
  }
  CHECK(s.masters.size() == slot_map::masters_max);
  s.perform(s.book.learnt(halves(a, b)));
  CHECK(s.masters.size() == 2);
}

// A model cluster answers what the book asks, moves slots and masters, and is sometimes asked by a server that knows of
// nothing. Whatever happened, every channel stands where it belongs in the end, and was confirmed after its last loss.
TEST_CASE("after any moves, losses and wishes, each channel stands at its slot's master", "[redis][cluster]") {
  const auto seed = GENERATE(take(100, random(0, 1 << 30)));
  CAPTURE(seed);
  std::mt19937 dice(static_cast<unsigned>(seed));
  const auto one_in = [&](unsigned n) { return dice() % n == 0; };
  const std::vector<server_name> servers{a, b, c};
  const std::vector<std::string> channels{"{1}x", "{1}y", "{2}", "{3}", "{4}", "{5}x", "{5}y"};
  const auto shard_of = [](const std::string& channel) { return shard_id{static_cast<std::uint32_t>(channel[1])}; };
  shell s;
  std::map<key_slot, server_name> owners;
  for (const auto& channel : channels) owners[slot_of(channel)] = a;
  std::set<std::string> wished, confirmed;
  std::set<std::pair<master_id, std::string>> stands;

  const auto truth = [&] {
    std::vector<range> ranges;
    int next = 0;
    for (const auto& [slot, owner] : owners) {
      if (slot.value > next) ranges.push_back({next, slot.value - 1, a});
      ranges.push_back({slot.value, slot.value, owner});
      next = slot.value + 1;
    }
    ranges.push_back({next, 16383, a});
    return map_of(ranges);
  };
  const auto apply = [&](const cluster_effects& effects) {
    s.perform(effects);
    for (const auto& channel : channels)
      if (s.lost.contains(shard_of(channel))) confirmed.erase(channel);
    if (!s.told.empty() && s.told.back() == "lost") confirmed.clear(), s.told.clear();
    std::erase_if(stands, [&](const auto& at) { return !s.wanted[at.first].contains(at.second); });
  };
  /// One server carries out one wish, as endpoint_links has it do.
  const auto serve = [&] {
    for (const auto& [id, asked] : std::map(s.wanted))
      for (const auto& channel : asked) {
        if (stands.contains({id, channel}) || !s.masters.contains(id)) continue;
        const auto slot = slot_of(channel);
        if (owners[slot] == s.masters[id]) {
          stands.insert({id, channel});
          confirmed.insert(channel);
        } else if (one_in(4)) {
          apply(s.book.subscription_redirected(id, slot, redirection{}));
        } else {
          apply(s.book.subscription_redirected(id, slot, moved_to(slot, owners[slot])));
        }
        return true;
      }
    return false;
  };
  const auto move = [&](key_slot slot, const server_name& to) {
    const auto from = std::exchange(owners[slot], to);
    if (from == to) return;
    for (const auto& [id, where] : std::map(s.masters))
      for (const auto& channel : channels)
        if (where == from && slot_of(channel) == slot && stands.erase({id, channel})) apply(s.book.ended(id, slot));
  };
  const auto lose = [&](master_id id) {
    std::erase_if(stands, [&](const auto& at) { return at.first == id; });
    apply(s.book.lost(id));
    apply(s.book.opened(id));
  };

  for (int step = 0; step < 200; ++step) {
    const auto& channel = channels[dice() % channels.size()];
    switch (dice() % 8) {
      case 0:
      case 1:
        wished.insert(channel);
        apply(s.book.want(channel, room, shard_of(channel)));
        break;
      case 2:
        wished.erase(channel);
        confirmed.erase(channel);
        apply(s.book.unwant(channel));
        break;
      case 3: move(slot_of(channel), servers[dice() % 3]); break;
      case 4: apply(s.book.learnt(one_in(5) ? whole(servers[dice() % 3]) : truth())); break;
      case 5:
        if (!s.masters.empty()) lose(std::next(s.masters.begin(), dice() % static_cast<long>(s.masters.size()))->first);
        break;
      default: serve();
    }
    for (const auto& [id, where] : std::map(s.masters)) apply(s.book.opened(id));
  }
  for (int round = 0; round < 5; ++round) {
    apply(s.book.learnt(truth()));
    while (serve()) {
    }
  }
  std::set<std::string> asked;
  for (const auto& [id, there] : s.wanted)
    for (const auto& channel : there) {
      CHECK(asked.insert(channel).second);
      CHECK(s.masters[id] == owners[slot_of(channel)]);
    }
  CHECK(asked == wished);
  CHECK(confirmed == wished);
  CHECK_FALSE(s.book.has_homeless());
}
