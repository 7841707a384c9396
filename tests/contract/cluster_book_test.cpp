#include "tests/contract/given_cluster_book.hpp"

namespace parley::testing {

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

}  // namespace parley::testing
