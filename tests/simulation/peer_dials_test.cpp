#include "tests/simulation/given_links.hpp"

namespace parley::simulation {

TEST_CASE("an attempt is refused by who is not the process that was looked for, and ends once",
          "[simulation][peer_links]") {
  play([](stage& s) {
    auto where = s.b.place;
    std::string why = "another process than the one that was looked for";
    switch (s.time.below(6)) {
      case 0: where.node.incarnation = "i0"; break;
      case 1: where.node.name = "n7"; break;
      case 2:
        where.address = "n9:7000";
        why = "cannot be connected to";
        break;
      case 3:
        s.b.kill();
        why = "cannot be connected to";
        break;
      case 4:
        s.b.links.serve(nullptr);
        why = "this node does not take the link";
        break;
      case 5:
        s.b.door.is_open = false;
        why = "this node does not take the link";
        break;
    }
    s.call = s.a.links.dial(where, s.heard);
    CHECK(s.run_until([&] { return s.is_over(); }) <= milliseconds{500});
    s.run(seconds{6});
    CHECK(s.heard->openings == 0);
    CHECK(s.heard->ends == std::vector{why});
    CHECK(s.b.door.last == nullptr);
    CHECK(s.b.door.heard->ends.empty());
  });
}

TEST_CASE("an attempt over a cut, or at a sleeper, ends by its deadline", "[simulation][peer_links]") {
  play([](stage& s) {
    const bool sleeps = s.time.chance(50);
    if (sleeps) {
      s.b.machine->pause();
    } else {
      s.cut(s.time.chance(50));
    }
    if (!sleeps && s.time.chance(30)) s.b.kill();
    s.call = s.a.links.dial(s.b.place, s.heard);
    const auto took = s.run_until([&] { return s.is_over(); });
    CHECK(took >= milliseconds{2000});
    CHECK(took <= milliseconds{4500});
    s.net.open_all();
    s.b.machine->go_on();
    s.run(seconds{5});
    CHECK(s.heard->openings == 0);
    CHECK(s.heard->ends.size() == 1);
    CHECK((s.b.door.last == nullptr || s.is_over_there()));
  });
}

TEST_CASE("a dialled node that dies before it has heard the hello refuses", "[simulation][peer_links]") {
  play([](stage& s) {
    s.b.machine->pause();
    s.call = s.a.links.dial(s.b.place, s.heard);
    s.run(milliseconds{450});
    s.b.kill();
    CHECK(s.run_until([&] { return s.is_over(); }) <= milliseconds{50});
    CHECK(s.b.door.last == nullptr);
  });
}

TEST_CASE("links outlive their node, and say nothing to its next life", "[simulation][peer_links]") {
  play([](stage& s) {
    s.link();
    const auto old_answers = s.b.door.last;
    s.b.kill();
    process next(s.time, s.net, s.all, 2, "i3");
    CHECK_FALSE(old_answers->send(peer::not_owner{1}));
    old_answers->close();
    s.call->send(question(1));
    s.run(milliseconds{100});
    CHECK(s.is_over());
    CHECK(next.door.last == nullptr);
    CHECK(next.door.heard->got.empty());
    CHECK(s.b.door.heard->got.empty());

    s.heard = std::make_shared<ear>();
    s.call = s.a.links.dial(next.place, s.heard);
    s.run_until([&] { return s.heard->openings == 1; });
    next.kill();
    s.a.kill();
    s.run(seconds{5});
    CHECK(s.heard->ends.empty());
    CHECK(s.a.links.dial(next.place, s.heard)->send(question(1)) == false);
  });
}

}  // namespace parley::simulation
