#include "actors/router_actor.hpp"

#include "tests/actors/actor_stage.hpp"
#include "tests/actors/scripted_links.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

/// A router between listening shards and ownerships, a scripted network and a connection.
struct router_stage : actor_stage {
  router_stage() {
    context->peers = &network;
    router = spawn<router_actor>(context);
    tell(router, msg::house{{shard, shard}, {owner, owner}});
  }
  void write(std::uint64_t number, const std::string& key = "k") {
    tell(router, msg::write{general,
                            draft_of("ana", key.empty() ? "" : key + std::to_string(number)),
                            {session_id{1}, 0, number},
                            connection});
  }
  void seen(const std::string& who, std::uint64_t under, database_id where = database_id{0}) {
    tell(router, msg::owners_seen{
                     where,
                     {{shard_id{0}, who, term{under}, parley::attempt{0}, true, 1}},
                     {{{"n1", "us"}, "127.0.0.1:1", false, true, 1}, {{"n2", "them"}, "127.0.0.1:2", false, true, 1}}});
  }
  scripted_network::attempt& attempt(std::size_t which = 0) { return network.dialled.at(which); }
  void open(std::size_t which = 0) {
    attempt(which).sink->opened();
    run();
  }
  void say(peer::item item, std::size_t which = 0) {
    attempt(which).sink->received({std::move(item)});
    run();
  }
  std::vector<peer::publish> asked(std::size_t which = 0) { return attempt(which).link->all<peer::publish>(); }
  std::vector<msg::write_answer>& answers() { return told->of<msg::write_answer>(); }

  scripted_network network;
  std::shared_ptr<heard<msg::write_answer, msg::head_word>> told =
      std::make_shared<heard<msg::write_answer, msg::head_word>>();
  std::shared_ptr<heard<msg::write, msg::head_question>> here =
      std::make_shared<heard<msg::write, msg::head_question>>();
  std::shared_ptr<heard<msg::look>> looked = std::make_shared<heard<msg::look>>();
  caf::actor connection = listen(told);
  caf::actor shard = listen(here);
  caf::actor owner = listen(looked);
  caf::actor router;
};

}  // namespace

TEST_CASE("a write goes to the shard here, under the term that it is open under", "[actors][router]") {
  router_stage s;
  s.write(1);
  CHECK(s.here->of<msg::write>().empty());
  CHECK(s.looked->of<msg::look>().size() == 1);  // somebody waits for an owner
  s.tell(s.router, msg::shard_here{shard_id{0}, term{5}});
  s.write(2);
  REQUIRE(s.here->of<msg::write>().size() == 2);
  CHECK(s.here->of<msg::write>()[0].from.number == 1);
  CHECK(s.here->of<msg::write>()[0].under == term{5});
  CHECK(s.here->of<msg::write>()[1].under == term{5});
}

TEST_CASE("a write of another node's shard goes over a link, and its answer comes back", "[actors][router][G1]") {
  router_stage s;
  s.seen("them", 5);
  CHECK(s.network.dialled.empty());  // nobody needs it yet
  s.write(1);
  REQUIRE(s.network.dialled.size() == 1);
  CHECK(s.attempt().where.address == "127.0.0.1:2");
  CHECK(s.attempt().where.node == node_identity{"n2", "them"});
  s.open();
  REQUIRE(s.asked().size() == 1);
  CHECK(s.asked()[0].term == term{5});
  CHECK(s.asked()[0].room == "general");
  CHECK(s.asked()[0].instance == "acme");
  s.write(2);
  s.say(peer::published{s.asked()[0].request, at(5, 8), today, false});
  REQUIRE(s.answers().size() == 1);
  CHECK(std::get<reply::published>(s.answers()[0].what).room == "general");
  CHECK(std::get<reply::published>(s.answers()[0].what).at_position == at(5, 8));
  s.say(peer::refused{s.asked()[1].request, {refusal_code::idempotency_mismatch, "no", {}}});
  CHECK(std::get<refusal>(s.answers().at(1).what).code == refusal_code::idempotency_mismatch);
}

TEST_CASE("a broken link: its keyed write is sent again on the next one, and the rows are looked at",
          "[actors][router][G5]") {
  router_stage s;
  s.seen("them", 5);
  s.write(1);
  s.open();
  const auto looks = s.looked->of<msg::look>().size();
  s.attempt().sink->closed("cut");
  s.run();
  CHECK(s.looked->of<msg::look>().size() == looks + 2);  // of both databases
  CHECK(s.answers().empty());
  for (int i = 0; i < 4 && s.network.dialled.size() < 2; ++i) s.advance(50ms);
  REQUIRE(s.network.dialled.size() == 2);
  s.open(1);
  REQUIRE(s.asked(1).size() == 1);
  CHECK(s.asked(1)[0].what == s.asked(0)[0].what);
}

TEST_CASE("attempts at a node that is not there become rarer", "[actors][router][G9]") {
  router_stage s;
  s.seen("them", 5);
  s.write(1);
  for (int i = 0; i < 90; ++i) {
    if (s.attempt(s.network.dialled.size() - 1).sink) {
      s.attempt(s.network.dialled.size() - 1).sink->closed("refused");
      s.run();
    }
    s.advance(50ms);
  }
  CHECK(s.network.dialled.size() >= 4);
  CHECK(s.network.dialled.size() <= 8);  // after 0, 50, 150, 350, 750, 1550, 3150 ms
}

TEST_CASE("a full link holds up what follows: nothing passes what could not go", "[actors][router][G2][G9]") {
  router_stage s;
  s.seen("them", 5);
  s.write(1);
  s.open();
  s.attempt().link->is_full = true;
  s.write(2);
  s.attempt().link->is_full = false;
  s.write(3);
  CHECK(s.asked().size() == 1);
  s.advance(50ms);
  REQUIRE(s.asked().size() == 3);
  CHECK(s.asked()[1].what->client_msg_id == "k2");
  CHECK(s.asked()[2].what->client_msg_id == "k3");
}

TEST_CASE("a node that is in no registry any more has no link: what was under way on it is lost", "[actors][router]") {
  router_stage s;
  s.seen("them", 5);
  s.write(1, "");
  s.open();
  s.tell(s.router, msg::owners_seen{database_id{0}, {}, {{{"n1", "us"}, "127.0.0.1:1", false, true, 1}}});
  CHECK(s.attempt().link->is_closed);
  REQUIRE(s.answers().size() == 1);
  CHECK(std::get<refusal>(s.answers()[0].what).code == refusal_code::outcome_unknown);
}

TEST_CASE("a head is asked of the owner elsewhere; silence, a broken link and a full one send the feed to storage",
          "[actors][router][G3]") {
  router_stage s;
  const auto ask = [&](std::uint64_t q) { s.tell(s.router, msg::head_question{general, question{q}, s.connection}); };
  const auto words = [&]() -> std::vector<msg::head_word>& { return s.told->of<msg::head_word>(); };
  ask(1);
  CHECK(s.here->of<msg::head_question>().size() == 1);  // the shard here says that it does not know
  s.seen("them", 5);
  s.write(1);
  s.open();
  ask(2);
  const auto asked = s.attempt().link->all<peer::head_question>();
  REQUIRE(asked.size() == 1);
  SECTION("the owner's word") {
    s.say(peer::head{asked[0].request, room_head{at(5, 7), {}}});
    REQUIRE(words().size() == 1);
    CHECK(words()[0].q == question{2});
    CHECK(words()[0].head->head == at(5, 7));
    s.advance(300ms);
    CHECK(words().size() == 1);
  }
  SECTION("silence") {
    s.advance(300ms);
    REQUIRE(words().size() == 1);
    CHECK_FALSE(words()[0].head);
    s.say(peer::head{asked[0].request, room_head{at(5, 7), {}}});
    CHECK(words().size() == 1);
  }
  SECTION("a broken link") {
    s.attempt().sink->closed("cut");
    s.run();
    REQUIRE(words().size() == 1);
    CHECK_FALSE(words()[0].head);
  }
  SECTION("a full one") {
    s.attempt().link->is_full = true;
    ask(3);
    REQUIRE(words().size() == 1);
    CHECK(words()[0].q == question{3});
  }
}

TEST_CASE("the rows of a database where a shard does not live say nothing about its owner", "[actors][router][C16]") {
  router_stage s;
  s.seen("them", 5);
  s.seen("nobody", 9, database_id{1});
  s.write(1);
  s.open();
  REQUIRE(s.asked().size() == 1);
  CHECK(s.asked()[0].term == term{5});
}

TEST_CASE("who gets a shard is told to look, over a link that is opened for it", "[actors][router]") {
  router_stage s;
  s.seen("them", 5);
  s.tell(s.router, msg::tell_to_look{database_id{0}, "them"});
  REQUIRE(s.network.dialled.size() == 1);
  s.open();
  CHECK(s.attempt().link->all<peer::look>().size() == 1);
  s.tell(s.router, msg::tell_to_look{database_id{1}, {}});  // everyone that we have a link to
  REQUIRE(s.attempt().link->all<peer::look>().size() == 2);
  CHECK(s.attempt().link->all<peer::look>()[1].database == database_id{1});
}

TEST_CASE("a younger map moves the shard's route, and tells both databases' ownerships", "[actors][router][move]") {
  router_stage s;
  auto changed = std::make_shared<heard<msg::shard_left, msg::shard_arrived, msg::look>>();
  const auto owner = s.listen(changed);
  s.tell(s.router, msg::house{{s.shard, s.shard}, {owner, owner}});
  const shard_places younger{7, {database_id{1}, database_id{1}}};
  s.tell(s.router, msg::places_read{younger});
  CHECK(s.context->options.routes[0].database == database_id{1});
  REQUIRE(changed->of<msg::shard_left>().size() == 1);
  CHECK(changed->of<msg::shard_left>()[0].shard == shard_id{0});
  REQUIRE(changed->of<msg::shard_arrived>().size() == 1);
  CHECK(changed->of<msg::shard_arrived>()[0].actor == s.shard);
  s.tell(s.router, msg::places_read{younger});
  s.tell(s.router, msg::places_read{shard_places{6, {database_id{0}, database_id{1}}}});  // was overtaken
  CHECK(s.context->options.routes[0].database == database_id{1});
  CHECK(changed->of<msg::shard_left>().size() == 1);
  s.write(1);  // looks where the shard lives now
  REQUIRE(changed->of<msg::look>().size() == 1);
  CHECK(changed->of<msg::look>()[0].database == database_id{1});
}

TEST_CASE("a shard beyond this node's list stays where no row lets it be written", "[actors][router][move][G7]") {
  router_stage s;
  s.tell(s.router, msg::places_read{shard_places{7, {database_id{2}, database_id{1}}}});
  CHECK(s.context->options.routes[0].database == database_id{0});
}

TEST_CASE("a younger map moves a shard's endpoint: both are published to for a while, and the feeds are told",
          "[actors][router][endpoints][G6]") {
  router_stage s;
  auto fed = std::make_shared<heard<msg::endpoints_moved>>();
  const auto feeds = s.listen(fed);
  s.tell(s.router, msg::house{{s.shard, s.shard}, {s.owner, s.owner}, feeds});
  const auto published = [&] {
    s.context->publish(general, {general->key, {}, events_of(1, 1, 1)});
    s.context->publish(beacon{shard_id{0}, term{1}, 1, attempt{1}, attempt{2}, {}});
    const auto counts = std::pair{s.endpoints[0].envelopes.size(), s.endpoints[1].envelopes.size()};
    CHECK(std::pair{s.endpoints[0].beacons.size(), s.endpoints[1].beacons.size()} == counts);
    return counts;
  };
  CHECK(published() == std::pair<std::size_t, std::size_t>{1, 0});
  const shard_places younger{7, {}, {1, 1}};
  s.tell(s.router, msg::places_read{younger});
  s.tell(s.router, msg::places_read{younger});
  REQUIRE(fed->of<msg::endpoints_moved>().size() == 1);
  CHECK(fed->of<msg::endpoints_moved>()[0].changes == std::vector<endpoint_change>{{shard_id{0}, 0, 1}});
  CHECK(s.context->options.routes[0].database == database_id{0});
  CHECK(published() == std::pair<std::size_t, std::size_t>{2, 1});
  for (int i = 0; i < 7; ++i) s.advance(1000ms);
  CHECK(published() == std::pair<std::size_t, std::size_t>{2, 2});
  CHECK_FALSE(s.has_timer());
}

TEST_CASE("a router that changes between busy and quiet has one timer of each kind", "[actors][router][G9]") {
  router_stage s;
  s.seen("them", 5);
  s.write(0);
  s.open();
  for (std::uint32_t i = 1; i < 20; ++i) {
    s.say(peer::published{s.asked().back().request, at(5, i), today, false});
    s.tell(s.router,
           msg::order_broken{shard_id{0}, session_id{9}, write_gate::round{i}});  // to be remembered for a while
    s.advance(50ms);
    s.write(i);
    CHECK(s.timers() <= 2);
  }
}

TEST_CASE("a shard whose endpoint this node's list lacks goes on over the former one", "[actors][router][endpoints]") {
  router_stage s;
  s.tell(s.router, msg::places_read{shard_places{7, {}, {2, 1}}});
  CHECK(s.context->options.routes[0].endpoint == 0);
  CHECK_FALSE(s.context->options.routes.endpoints_of(shard_id{0}).former);
}

}  // namespace parley::testing
