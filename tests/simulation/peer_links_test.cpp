#include "tests/simulation/given_links.hpp"

namespace parley::simulation {

TEST_CASE("a link's items arrive once and in their order, some of them together", "[simulation][peer_links]") {
  std::size_t batch_max = 0;
  play([&](stage& s) {
    s.link();
    CHECK(s.b.door.from == s.a.who);
    numbers sent, answered;
    for (std::uint64_t n = 1; n <= 40; ++n) {
      if (s.call->send(question(n))) sent.push_back(n);
      if (s.b.door.last->send(peer::not_owner{n})) answered.push_back(n);
      if (s.time.chance(50)) s.run(s.time.up_to(milliseconds{1}));
    }
    s.run(milliseconds{300});
    CHECK(s.b.door.heard->got == sent);
    CHECK(s.heard->got == answered);
    CHECK_FALSE(s.is_over());
    CHECK_FALSE(s.is_over_there());
    batch_max = std::max(batch_max, s.b.door.heard->batch_max);
  });
  CHECK(batch_max > 1);
}

TEST_CASE("no sink is called from within a call", "[simulation][peer_links]") {
  play([](stage& s) {
    s.call = s.a.links.dial(s.b.place, s.heard);
    CHECK_FALSE(s.call->send(question(1)));
    CHECK(s.heard->openings == 0);
    CHECK(s.b.door.last == nullptr);
    s.run_until([&] { return s.heard->openings == 1; });
    CHECK(s.call->send(question(1)));
    CHECK(s.b.door.heard->got.empty());
    s.call->close();
    CHECK_FALSE(s.is_over_there());
    s.run_until([&] { return s.is_over_there(); });
  });
}

TEST_CASE("who closes a link hears nothing more, the other end hears of it once", "[simulation][peer_links]") {
  play([](stage& s) {
    s.link();
    const bool is_ours = s.time.chance(50);
    const auto& closer = is_ours ? s.call : s.b.door.last;
    const auto& closer_ear = is_ours ? s.heard : s.b.door.heard;
    const auto& other_ear = is_ours ? s.b.door.heard : s.heard;
    (is_ours ? s.b.door.last : s.call)->send(question(1));
    closer->close();
    closer->close();
    CHECK_FALSE(closer->send(question(2)));
    s.run(seconds{5});
    CHECK(closer_ear->got.empty());
    CHECK(closer_ear->ends.empty());
    CHECK(other_ear->ends.size() == 1);
    CHECK_FALSE(s.call->send(question(3)));
    CHECK_FALSE(s.b.door.last->send(question(3)));
  });
}

TEST_CASE("a dial that is given up opens nothing", "[simulation][peer_links]") {
  play([](stage& s) {
    s.call = s.a.links.dial(s.b.place, s.heard);
    s.run(s.time.up_to(milliseconds{6}));
    const auto openings = s.heard->openings;
    s.call->close();
    s.run(seconds{5});
    CHECK(s.heard->openings == openings);
    CHECK(s.heard->ends.empty());
    CHECK((s.b.door.last == nullptr || s.is_over_there()));
  });
}

TEST_CASE("a link that breaks loses the last of what was sent", "[simulation][peer_links]") {
  enum class trouble { reset, killed, killed_reader };
  const auto how = GENERATE(trouble::reset, trouble::killed, trouble::killed_reader);
  std::uint64_t proper = 0;
  play([&](stage& s) {
    s.link();
    const auto sent = s.send(30);
    s.run(s.time.up_to(milliseconds{1}));
    switch (how) {
      case trouble::reset: s.a.links.cut(); break;
      case trouble::killed: s.a.kill(); break;
      case trouble::killed_reader: s.b.kill(); break;
    }
    const auto arrived_before = s.b.door.heard->got.size();
    s.run(milliseconds{50});
    const auto& got = s.b.door.heard->got;
    CHECK(got == first(got.size()));
    CHECK(got.size() <= sent);
    if (how == trouble::killed_reader) CHECK(got.size() == arrived_before);
    CHECK(s.heard->ends.size() == (how == trouble::killed ? 0 : 1));
    CHECK(s.b.door.heard->ends.size() == (how == trouble::killed_reader ? 0 : 1));
    CHECK(s.all.tally().forwarded == sent);
    CHECK(s.all.tally().arrived == got.size());
    if (!got.empty() && got.size() < sent) ++proper;
  });
  CHECK(proper > 0);
}

TEST_CASE("a dead node that is cut off is missed, not heard of", "[simulation][peer_links]") {
  play([](stage& s) {
    s.link();
    s.cut(true);
    s.b.kill();
    const auto took = s.run_until([&] { return s.is_over(); });
    CHECK(took >= milliseconds{1450});  // the last sign of life came up to half a second before
    CHECK(took <= milliseconds{2600});
    CHECK(s.all.tally().silent == 1);
  });
}

TEST_CASE("both ends of a link tire of silence", "[simulation][peer_links]") {
  const bool both_ways = GENERATE(true, false);
  play([&](stage& s) {
    s.link();
    s.cut(both_ways);
    s.send(30);
    s.run(seconds{5});
    CHECK(s.is_over());
    CHECK(s.is_over_there());
    CHECK(s.b.door.heard->got.empty());
    CHECK(s.all.tally().silent == (both_ways ? 2 : 1));  // over one open way the other end's close comes through
    s.net.open_all();
    s.run(seconds{5});
    CHECK(s.heard->ends.size() == 1);
    CHECK(s.b.door.heard->ends.size() == 1);
    CHECK(s.b.door.heard->got.empty());
  });
}

TEST_CASE("a short cut, or a short sleep, loses nothing", "[simulation][peer_links]") {
  const bool sleeps = GENERATE(true, false);
  play([&](stage& s) {
    s.link();
    if (sleeps) {
      s.b.machine->pause();
    } else {
      s.cut(true);
    }
    const auto sent = s.send(30);
    s.run(milliseconds{1000});
    CHECK(s.b.door.heard->got.empty());
    s.b.machine->go_on();
    s.net.open_all();
    s.run(seconds{1});
    CHECK(s.b.door.heard->got == first(sent));
    CHECK_FALSE(s.is_over());
    CHECK_FALSE(s.is_over_there());
  });
}

TEST_CASE("a node that sleeps for long finds its link closed, and perhaps the first of what was sent",
          "[simulation][peer_links]") {
  std::uint64_t some = 0, none = 0;
  play([&](stage& s) {
    s.link();
    s.b.machine->pause();
    s.send(30);
    const auto took = s.run_until([&] { return s.is_over(); });
    CHECK(took >= milliseconds{1450});
    CHECK(took <= milliseconds{2600});
    s.run(seconds{1});
    CHECK_FALSE(s.is_over_there());
    CHECK(s.b.door.heard->got.empty());
    s.b.machine->go_on();
    s.run(seconds{1});
    CHECK(s.b.door.heard->ends.size() == 1);
    const auto& got = s.b.door.heard->got;
    CHECK(got == first(got.size()));
    ++(got.empty() ? none : some);
  });
  CHECK(some > 0);
  CHECK(none > 0);
}

TEST_CASE("a full queue refuses, and what it took arrives", "[simulation][peer_links]") {
  std::uint64_t full = 0;
  play([&](stage& s) {
    s.link();
    s.cut(true);
    const auto sent = s.send(100);
    if (sent < 100) ++full;
    s.net.open_all();
    s.run(seconds{1});
    CHECK(s.b.door.heard->got == first(sent));
    CHECK(s.call->send(forwarded(sent + 1)));
  });
  CHECK(full > 0);
  CHECK(full < seeds);
}

TEST_CASE("one seed is one run of a link", "[simulation][peer_links]") {
  const auto run = [](std::uint64_t seed) {
    stage s(seed);
    s.link();
    s.send(20);
    s.run(s.time.up_to(milliseconds{1}));
    s.a.links.cut();
    s.run(seconds{1});
    return std::pair{s.time.trace(), s.b.door.heard->got};
  };
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) CHECK(run(seed) == run(seed));
  CHECK(run(1).first != run(2).first);
}

}  // namespace parley::simulation
