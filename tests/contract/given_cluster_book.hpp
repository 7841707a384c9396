#pragma once

#include "storage/redis/cluster_book.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

namespace parley::testing {

using value_kind = resp_value::value_kind;

inline const server_name a{"a", "1"}, b{"b", "2"}, c{"c", "3"};
inline constexpr shard_id red{1}, blue{2};
// Their slots are 12182 and 5061.
inline const std::string foo = "{foo}", foo2 = "{foo}2", bar = "{bar}";
inline constexpr room_key room{{1}};

struct range {
  int first, last;
  server_name master;
};

inline slot_map map_of(const std::vector<range>& ranges) {
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

inline slot_map whole(const server_name& master) { return map_of({{0, 16383, master}}); }
/// bar is the lower half's, foo the upper one's.
inline slot_map halves(const server_name& lower, const server_name& upper) {
  return map_of({{0, 8191, lower}, {8192, 16383, upper}});
}

inline redirection moved_to(key_slot slot, server_name target) {
  return {redirection::kind::moved, slot, std::move(target)};
}

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
inline shell standing() {
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

}  // namespace parley::testing
