#include "tests/net/peer_stage.hpp"
#include "tests/net/peer_wire.hpp"

#include <memory>
#include <random>

using namespace parley;
using namespace parley::net;
using namespace parley::testing;

namespace {

/// A node under attack at `two`, with a link from `one` that must not notice.
struct besieged {
  explicit besieged(peer_options told = hasty("n2"))
      : one(options_of("n1")), two(std::move(told)), kept(one, two.place()) {
    REQUIRE(kept.is_open());
    far = two.door.last().sink;
  }

  static peer_options hasty(const std::string& node) {
    auto o = options_of(node);
    o.patience.step = milliseconds{300};
    return o;
  }
  peer_hello hello() const { return hello_to({"6f1dcluster", {"n9", "n9-life"}, 256}, two.place().node); }
  void is_unharmed() {
    const auto before = far->count();
    REQUIRE(kept.link->send(given::publish(1)));
    CHECK(eventually([&] { return far->count() == before + 1; }));
    CHECK(kept.sink->closes == 0);
  }
  /// The stranger is closed, counted once under `why`, and nobody else noticed.
  void has_refused(peer_wire& stranger, peer_end why) {
    CHECK(stranger.is_closed());
    CHECK(eventually([&] { return two.probe.refused_for(why) == 1; }));
    CHECK(two.door.count() == 1);
    is_unharmed();
  }
  void has_closed(peer_wire& stranger) {
    CHECK(stranger.is_closed());
    CHECK(eventually([&] { return two.probe.closed == 1; }));
    is_unharmed();
  }

  running_mesh one, two;
  dialled kept;
  std::shared_ptr<told_sink> far;
};

}  // namespace

TEST_CASE("garbage at the node port is closed and counted", "[net][peer][bad_input]") {
  besieged node;
  std::mt19937_64 random(GENERATE(take(5, Catch::Generators::random(1, 1'000'000))));
  std::string garbage(10'000, '\0');
  for (char& c : garbage) c = static_cast<char>(random());
  garbage[0] = '\x16';  // no method begins so
  peer_wire stranger(node.two.port());
  stranger.say(garbage);
  node.has_refused(stranger, peer_end::not_a_link);
}

TEST_CASE("silence at any step is closed in time", "[net][peer][bad_input]") {
  besieged node;
  const int steps = GENERATE(0, 1, 2);
  peer_wire stranger(node.two.port());
  if (steps == 1) stranger.say("GET /v1/peer HTT");
  if (steps == 2) stranger.upgrade();
  node.has_refused(stranger, peer_end::slow);
}

TEST_CASE("a request that is no upgrade to a link is refused", "[net][peer][bad_input]") {
  besieged node;
  peer_wire stranger(node.two.port());
  SECTION("another path") { stranger.ask_upgrade("/v1/ws"); }
  SECTION("no upgrade") { stranger.say("GET /v1/peer HTTP/1.1\r\nHost: n2\r\n\r\n"); }
  SECTION("a head without end") { stranger.say("GET /v1/peer HTTP/1.1\r\nX: " + std::string(8'000, 'x')); }
  SECTION("a hello before the answer") {
    stranger.say(
        "GET /v1/peer HTTP/1.1\r\nHost: n2\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" +
        peer_wire::header(1) + "x");
  }
  node.has_refused(stranger, peer_end::not_a_link);
}

TEST_CASE("a first frame that is no hello is refused, however long it says to be", "[net][peer][bad_input]") {
  besieged node;
  peer_wire stranger(node.two.port());
  stranger.upgrade();
  SECTION("garbage") { stranger.frame("\xFF\xFF\xFF\xFF"); }
  SECTION("an item") {
    std::deque<peer::item> waiting{given::publish(1)};
    stranger.frame(next_frame(waiting, {}).bytes);
  }
  SECTION("as text") { stranger.frame(encode_hello(node.hello()), 1); }
  SECTION("longer than a hello may be") { stranger.say(peer_wire::header(4'097)); }
  SECTION("of four gigabytes") { stranger.say(peer_wire::header(std::uint64_t{4} << 30)); }
  SECTION("of the longest length there is") { stranger.say(peer_wire::header(~std::uint64_t{0} >> 1)); }
  SECTION("unmasked") { stranger.say(std::string("\x82\x01x", 3)); }
  node.has_refused(stranger, peer_end::not_understood);
}

TEST_CASE("a hello of a stranger is refused for its own reason", "[net][peer][bad_input]") {
  besieged node;
  auto said = node.hello();
  auto why = peer_end::cluster;
  SECTION("another cluster") { said.cluster_id = "another"; }
  SECTION("another version") { said.version = 2, why = peer_end::version; }
  SECTION("another number of shards") { said.shards = 1, why = peer_end::shards; }
  SECTION("for another process") { said.wanted_incarnation = "former", why = peer_end::incarnation; }
  peer_wire stranger(node.two.port());
  stranger.upgrade();
  stranger.hello(said);
  node.has_refused(stranger, why);
}

TEST_CASE("an open link that says what no node says is closed", "[net][peer][bad_input]") {
  besieged node;
  peer_wire stranger(node.two.port());
  stranger.upgrade();
  stranger.hello(node.hello());
  REQUIRE(eventually([&] { return node.two.probe.opened == 2; }));
  std::deque<peer::item> waiting{given::published(1)};
  SECTION("garbage") { stranger.frame("\xFF\xFF\xFF\xFF"); }
  SECTION("an answer to nothing") { stranger.frame(next_frame(waiting, {}).bytes); }
  SECTION("its hello again") { stranger.hello(node.hello()); }
  SECTION("text") { stranger.frame("{}", 1); }
  SECTION("a frame past the limit") { stranger.say(peer_wire::header(1'048'577)); }
  SECTION("a reserved opcode") { stranger.frame("x", 3); }
  node.has_closed(stranger);
  CHECK(node.two.door.last().sink->closes == 1);
  CHECK(node.two.door.last().sink->count() == 0);
}

TEST_CASE("a link that falls silent is dead in time, and its missing pings are counted", "[net][peer][C18]") {
  auto options = options_of("n2");
  options.patience.ping = milliseconds{50};
  options.patience.silence = milliseconds{400};
  running_mesh two(options);
  peer_wire stranger(two.port());
  stranger.upgrade();
  stranger.hello(hello_to({"6f1dcluster", {"n9", "n9-life"}, 256}, two.place().node));
  REQUIRE(eventually([&] { return two.probe.opened == 1; }));
  CHECK(stranger.is_closed());
  CHECK(begins_with(two.door.last().sink->why(), peer_end::silent));
  CHECK(two.probe.pings_lost > 0);
}

TEST_CASE("a link whose other side reads nothing becomes full, and dies though it gives signs of life",
          "[net][peer][C18][G9]") {
  auto options = options_of("n2");
  options.patience.ping = milliseconds{50};
  options.patience.silence = milliseconds{500};
  running_mesh two(options);
  peer_wire stranger(two.port());
  stranger.upgrade();
  stranger.hello(hello_to({"6f1dcluster", {"n9", "n9-life"}, 256}, two.place().node));
  REQUIRE(eventually([&] { return two.probe.opened == 1; }));
  const auto visit = two.door.last();
  const auto answer = peer::refused{1, {refusal_code::internal, std::string(1'000, 'x'), {}}};
  std::size_t sent = 0;
  while (visit.link->send(answer)) REQUIRE(++sent < 10'000'000);
  CHECK(sent > 1'000);
  CHECK(visit.sink->closes == 0);  // full is not dead
  CHECK(eventually([&] { return stranger.frame("", 10), visit.sink->closes == 1; }));
  CHECK(begins_with(visit.sink->why(), peer_end::silent));
}

TEST_CASE("strangers beyond the bound are turned away at once, and room comes back", "[net][peer][bad_input][G9]") {
  auto options = besieged::hasty("n2");
  options.patience.step = milliseconds{2'000};
  options.strangers_max = 3;
  besieged node(options);
  std::vector<std::unique_ptr<peer_wire>> crowd;
  for (int n = 0; n < 5; ++n) crowd.push_back(std::make_unique<peer_wire>(node.two.port()));
  CHECK(eventually([&] { return node.two.probe.refused_for(peer_end::crowded) == 2; }));
  crowd.clear();
  CHECK(eventually([&] {
    dialled late(node.one, node.two.place());
    return late.is_open();
  }));
}

TEST_CASE("a host that does not answer, and one that answers nothing, end in time", "[net][peer][C18]") {
  auto options = besieged::hasty("n1");
  options.patience.connect = milliseconds{300};
  running_mesh one(options);
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor deaf(io, {boost::asio::ip::address_v4::loopback(), 0});
  const peer_place there{{"n2", "n2-life"}, "127.0.0.1:" + std::to_string(deaf.local_endpoint().port())};
  dialled unanswered(one, there);  // the kernel accepts, nobody upgrades
  CHECK(begins_with(unanswered.end(), peer_end::slow));

  deaf.listen(0);  // a queue of one: once it is full, the kernel drops who knocks
  std::vector<std::unique_ptr<boost::asio::ip::tcp::socket>> knocking;
  for (int n = 0; n < 4; ++n) {
    knocking.push_back(std::make_unique<boost::asio::ip::tcp::socket>(io, boost::asio::ip::tcp::v4()));
    knocking.back()->non_blocking(true);
    const auto where = deaf.local_endpoint();
    ::connect(knocking.back()->native_handle(), where.data(), static_cast<socklen_t>(where.size()));
  }
  dialled dropped(one, there);
  CHECK(begins_with(dropped.end(), peer_end::unreachable));
}
