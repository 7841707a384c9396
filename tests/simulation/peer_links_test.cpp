#include "tests/simulation/peer_links.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace parley::simulation {
namespace {

using numbers = std::vector<std::uint64_t>;

peer::item question(std::uint64_t n) { return peer::head_question{n, shard_id{0}, "main", "r"}; }
peer::item forwarded(std::uint64_t n) {
  peer::publish made;
  made.request = n;
  return made;
}

numbers first(std::uint64_t count) {
  numbers made(count);
  std::iota(made.begin(), made.end(), 1);
  return made;
}

/// Writes down what a link says.
struct ear final : peer_link_sink {
  void opened() override { ++openings; }
  void received(std::vector<peer::item> items) override {
    batch_max = std::max(batch_max, items.size());
    for (const auto& i : items) std::visit([this](const auto& one) { take(one); }, i);
  }
  void closed(std::string why) override { ends.push_back(std::move(why)); }

  template <class Item>
  void take(const Item& one) {
    if constexpr (requires { one.request; }) got.push_back(one.request);
  }

  int openings = 0;
  std::vector<std::string> ends;
  numbers got;
  std::size_t batch_max = 0;
};

struct porch final : peer_door {
  std::shared_ptr<peer_link_sink> accepted(node_identity who, std::shared_ptr<peer_link> link) override {
    if (!is_open) return nullptr;
    from = std::move(who);
    last = std::move(link);
    return heard;
  }
  bool is_open = true;
  node_identity from;
  std::shared_ptr<peer_link> last;
  std::shared_ptr<ear> heard = std::make_shared<ear>();
};

struct process {
  process(agenda& time, network& net, peer_links::directory& all, address where, const std::string& incarnation)
      : machine(std::make_shared<host>(time, where)),
        who{"n" + std::to_string(where), incarnation},
        place{who, who.name + ":7000"},
        links(time, net, machine, who, place.address, all) {
    links.serve(&door);
  }
  void kill() {
    links.die();
    machine->die();
  }

  host_ptr machine;
  node_identity who;
  peer_place place;
  porch door;
  peer_links links;
};

struct stage {
  explicit stage(std::uint64_t seed) : time(seed) {}

  void run(nanoseconds how_long) {
    const auto end = time.now() + how_long;
    bool is_over = false;
    time.after(how_long, [&is_over] { is_over = true; });
    while (!is_over && time.now() <= end) time.step();
  }
  /// @returns how long it took
  milliseconds run_until(const std::function<bool()>& is_there) {
    const auto start = time.now();
    while (!is_there() && time.now() < start + seconds{10}) run(milliseconds{10});
    CHECK(is_there());
    return std::chrono::duration_cast<milliseconds>(time.now() - start);
  }
  /// A dials b, and the link opens.
  void link() {
    call = a.links.dial(b.place, heard);
    run_until([&] { return heard->openings == 1; });
  }
  bool is_over() const { return !heard->ends.empty(); }
  bool is_over_there() const { return !b.door.heard->ends.empty(); }
  void cut(bool both_ways) {
    net.close(a.machine->where(), b.machine->where());
    if (both_ways) net.close(b.machine->where(), a.machine->where());
  }
  /// Sends until the queue is full, at most `most`. @returns how many went
  std::uint64_t send(std::uint64_t most) {
    for (std::uint64_t n = 1; n <= most; ++n)
      if (!call->send(forwarded(n))) return n - 1;
    return most;
  }

  agenda time;
  network net{time};
  peer_links::directory all{true};
  process a{time, net, all, 1, "i1"}, b{time, net, all, 2, "i2"};
  std::shared_ptr<ear> heard = std::make_shared<ear>();
  std::shared_ptr<peer_link> call;
};

constexpr std::uint64_t seeds = 100;

/// Under many seeds; each makes another network of it.
template <class What>
void play(What what) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    stage s(seed);
    what(s);
  }
}

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

}  // namespace
}  // namespace parley::simulation
