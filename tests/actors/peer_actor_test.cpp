#include "actors/peer_actor.hpp"

#include "actors/core/peer_sessions.hpp"
#include "actors/peer_reception.hpp"
#include "actors/room_identity.hpp"

#include "tests/actors/actor_stage.hpp"
#include "tests/actors/scripted_links.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

/// A link that another node opened, taken in by this node's door.
struct peer_stage : actor_stage {
  peer_stage() {
    door = std::make_unique<peer_reception>(*system, context, msg::house{{shard, shard}, {owner, owner}});
    sink = door->accepted({"n2", "them"}, link);
    run();
  }
  ~peer_stage() {
    door->end();
    run();
  }
  void hear(peer::item item) {
    sink->received({std::move(item)});
    run();
  }
  void hear_publish(std::uint64_t request, std::uint64_t session = 1) {
    hear(peer::publish{request, room->shard, term{5}, "acme", "general", draft_of("ana", "k"), session_id{session}, 3});
  }
  std::vector<msg::write>& written() { return here->of<msg::write>(); }

  room_ref room = identify("acme", "general", 2);
  std::shared_ptr<scripted_link> link = std::make_shared<scripted_link>();
  std::shared_ptr<heard<msg::write, msg::head_question>> here =
      std::make_shared<heard<msg::write, msg::head_question>>();
  std::shared_ptr<heard<msg::look>> looked = std::make_shared<heard<msg::look>>();
  caf::actor shard = listen(here);
  caf::actor owner = listen(looked);
  std::unique_ptr<peer_reception> door;
  std::shared_ptr<peer_link_sink> sink;
};

}  // namespace

TEST_CASE("another node's write goes to the shard here, as of a session that is nobody else's", "[actors][peer][G2]") {
  peer_stage s;
  s.hear_publish(11);
  REQUIRE(s.written().size() == 1);
  const auto& w = s.written()[0];
  CHECK(w.under == term{5});
  CHECK(w.from.number == 11);
  CHECK(w.from.round == 3);
  CHECK(is_of_peer(w.from.session));
  CHECK(w.room->key == s.room->key);
  SECTION("its answers go back under its request") {
    s.tell(w.connection, msg::write_answer{s.room, 11, reply::published{"general", at(5, 8), today, true}});
    REQUIRE(s.link->all<peer::published>().size() == 1);
    CHECK(s.link->all<peer::published>()[0].request == 11);
    CHECK(s.link->all<peer::published>()[0].duplicate);
    s.tell(w.connection, msg::write_answer{s.room, 12, refusal{refusal_code::unavailable, "no", {}}});
    CHECK(s.link->all<peer::refused>().at(0).request == 12);
  }
  SECTION("and so does a write that the shard gives back") {
    s.tell(w.connection, msg::write_returned{w});
    CHECK(s.link->all<peer::not_owner>().at(0).request == 11);
  }
}

TEST_CASE("two links' sessions of one number are two sessions", "[actors][peer][G2]") {
  CHECK(session_of_peer(1, session_id{7}) != session_of_peer(2, session_id{7}));
  CHECK(session_of_peer(1, session_id{7}) != session_of_peer(1, session_id{8}));
  CHECK_FALSE(is_of_peer(session_id{7}));
}

TEST_CASE("another node's head question is answered, and its feed is not taken for one of this node's",
          "[actors][peer][G3]") {
  peer_stage s;
  s.hear(peer::head_question{4, s.room->shard, "acme", "general"});
  REQUIRE(s.here->of<msg::head_question>().size() == 1);
  const auto& asked = s.here->of<msg::head_question>()[0];
  CHECK(asked.is_of_peer);
  s.tell(asked.feed, msg::head_word{asked.q, std::nullopt});
  REQUIRE(s.link->all<peer::head>().size() == 1);
  CHECK(s.link->all<peer::head>()[0].request == 4);
  CHECK_FALSE(s.link->all<peer::head>()[0].what);
}

TEST_CASE("a look goes to the ownership of that database; one of no database does nothing", "[actors][peer]") {
  peer_stage s;
  s.hear(peer::look{database_id{1}});
  REQUIRE(s.looked->of<msg::look>().size() == 1);
  CHECK(s.looked->of<msg::look>()[0].is_of_peer);
  s.hear(peer::look{database_id{9}});
  CHECK(s.looked->of<msg::look>().size() == 1);
}

TEST_CASE("who counts shards in another way, answers unasked or takes no answers loses the link",
          "[actors][peer][G9]") {
  peer_stage s;
  SECTION("another shard than the room's") {
    const shard_id wrong{1 - s.room->shard.value};
    s.hear(peer::publish{1, wrong, term{5}, "acme", "general", draft_of("ana"), session_id{1}, 0});
  }
  SECTION("an answer") { s.hear(peer::not_owner{1}); }
  SECTION("its queue is full") {
    s.hear_publish(1);
    s.link->is_full = true;
    s.tell(s.written()[0].connection, msg::write_answer{s.room, 1, reply::published{}});
  }
  CHECK(s.link->is_closed);
  const auto before = s.written().size();
  s.hear_publish(2);
  CHECK(s.written().size() == before);
}

TEST_CASE("a node that stops closes the links that others opened, and takes no more", "[actors][peer]") {
  peer_stage s;
  s.door->end();
  s.run();
  CHECK(s.link->is_closed);
  CHECK(s.door->accepted({"n3", "other"}, std::make_shared<scripted_link>()) == nullptr);
}

}  // namespace parley::testing
