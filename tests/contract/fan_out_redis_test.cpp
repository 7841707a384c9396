// What only a fan-out over a network has to survive (F4, F5, F6, C10c, C11).
#include "storage/envelope_codec.hpp"
#include "tests/contract/fan_out_rigs.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <condition_variable>

using namespace parley;
using namespace parley::testing;

namespace {

const auto room = room_number(7);
const std::string subscribed = "room_subscribed " + room->key.hex();
const std::string published = "room_published " + room->key.hex();
const std::string channel = "parley:{c1:7}:room:" + room->key.hex();

void join(redis_rig& rig) {
  rig.reader().subscribe(room);
  REQUIRE(eventually([&] { return rig.sink().count(subscribed) == 1; }));
}

/// Both nodes lost their links once more often, and stand again.
void comes_back(redis_rig& rig, std::size_t losses) {
  CHECK(eventually([&] { return rig.sink().count(subscribed) >= losses + 1; }));
  CHECK(eventually([&] { return rig.writer_node().is_up_again(rig.writer_node().sink().count("link_lost") + 1); }));
  const auto before = rig.sink().count(published);
  // The writer's link may stand a moment later than the reader's: what is dropped meanwhile is the contract.
  CHECK(eventually([&] {
    rig.writer().publish(room, events_from(room, 100));
    return rig.sink().count(published) > before;
  }));
}

/// In what the reader was told, every loss is followed by a restored link before its room is told again.
void check_turns(const std::vector<std::string>& calls) {
  bool stands = false, is_subscribed = false;
  for (const auto& call : calls) {
    if (call == "link_restored") {
      CHECK_FALSE(stands);
      stands = true;
    } else if (call == "link_lost") {
      CHECK(stands);
      stands = is_subscribed = false;
    } else if (call == subscribed) {
      CHECK(stands);
      is_subscribed = true;
    } else if (call == published) {
      CHECK(is_subscribed);
    }
  }
}

}  // namespace

TEST_CASE("a server that is killed and started again loses nothing but time", "[contract][fan_out][redis][G6]") {
  redis_rig rig;
  join(rig);
  for (std::size_t losses = 1; losses <= 3; ++losses) {
    rig.server().kill();
    REQUIRE(eventually([&] { return rig.sink().count("link_lost") == losses; }));
    rig.writer().publish(room, events_from(room, 1));
    rig.server().restart();
    comes_back(rig, losses);
  }
  CHECK(rig.sink().count("link_lost") == 3);
  check_turns(rig.sink().calls());
}

TEST_CASE("a node that starts before its server waits for it", "[contract][fan_out][redis]") {
  private_redis server;
  server.kill();
  redis_node node{options_for(server)};
  node.fan_out().subscribe(room);
  node.fan_out().start();
  REQUIRE(eventually([&] { return node.probe().opens_failed >= 3; }));
  CHECK(node.sink().calls().empty());
  server.restart();
  CHECK(eventually([&] { return node.sink().count(subscribed) == 1; }));
}

TEST_CASE("a half-open link is found by its canaries, and opened again", "[contract][fan_out][redis][C10]") {
  redis_rig rig;
  join(rig);
  REQUIRE(eventually([&] { return rig.reader_node().probe().canaries >= 2; }));
  rig.server().pause();
  REQUIRE(eventually([&] { return rig.sink().count("link_lost") == 1; }));
  CHECK(rig.reader_node().probe().half_open == 1);
  rig.server().resume();
  comes_back(rig, 1);
  check_turns(rig.sink().calls());
}

TEST_CASE("canaries keep a quiet link open", "[contract][fan_out][redis][C10]") {
  redis_rig rig;
  REQUIRE(eventually([&] { return rig.reader_node().probe().canaries >= 8; }));
  CHECK(rig.sink().count("link_lost") == 0);
}

TEST_CASE("subscribing links that the server kills come back", "[contract][fan_out][redis][G6]") {
  redis_rig rig;
  join(rig);
  for (std::size_t losses = 1; losses <= 3; ++losses) {
    rig.server().command({"CLIENT", "KILL", "TYPE", "pubsub"});
    REQUIRE(eventually([&] { return rig.sink().count("link_lost") == losses; }));
    comes_back(rig, losses);
  }
  check_turns(rig.sink().calls());
}

TEST_CASE("publishing links that the server kills come back", "[contract][fan_out][redis][G6]") {
  redis_rig rig;
  join(rig);
  rig.server().command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  REQUIRE(eventually([&] { return rig.sink().count("link_lost") == 1; }));
  comes_back(rig, 1);
}

TEST_CASE("a reader that the server cuts off for being slow comes back", "[contract][fan_out][redis][G6]") {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_stuck = true;
  redis_rig rig{"--client-output-buffer-limit", "pubsub 64kb 32kb 1"};
  rig.sink().on_call([&](const std::string& call) {
    if (call != published) return;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !is_stuck; });
  });
  join(rig);
  const auto listeners = [&] {
    const std::string list = rig.server().command({"CLIENT", "LIST", "TYPE", "pubsub"});
    return std::count(list.begin(), list.end(), '\n');
  };
  REQUIRE(listeners() == 2);
  // Until the socket's buffers are full too: the stuck reader is the only one to be cut off.
  CHECK(eventually([&] {
    rig.writer().publish(room, events_from(room, 1, 3, std::string(65536, 'x')));
    return listeners() == 1;
  }));
  {
    std::lock_guard lock(mutex);
    is_stuck = false;
  }
  changed.notify_all();
  CHECK(eventually([&] { return rig.sink().count("link_lost") >= 1; }));
  comes_back(rig, 1);
}

TEST_CASE("what a third party publishes on our channels is ignored and counted", "[contract][fan_out][redis]") {
  redis_rig rig;
  join(rig);
  const auto& probe = rig.reader_node().probe();
  const auto elsewhere = room_number(8);
  const std::string key = GENERATE(as<std::string>{}, "garbage", "another room", "a beacon", "a canary", "empty");
  CAPTURE(key);
  std::string bytes;
  if (key == "garbage") bytes = std::string("\xff\x00\r\n$5\r\n", 9);
  if (key == "another room") bytes = encode_envelopes("c1", events_from(elsewhere, 1))[0];
  if (key == "a beacon") bytes = *encode_envelope("c1", beacon{shard_id{7}, term{1}, 1, {}, {}, {}});
  if (key == "a canary") bytes = encode_envelope("c1", canary{"n", 1});
  rig.server().command({"PUBLISH", channel, bytes});
  // An envelope without a cluster id is that of another cluster, and so are no bytes at all.
  CHECK(eventually([&] { return probe.refused + probe.foreign == 1; }));
  CHECK(probe.foreign == (key == "empty" ? 1 : 0));
  rig.writer().publish(room, events_from(room, 1));
  CHECK(eventually([&] { return rig.sink().count(published) == 1; }));
  CHECK(rig.sink().count("link_lost") == 0);
}

TEST_CASE("an envelope of another cluster is ignored and counted", "[contract][fan_out][redis]") {
  redis_rig rig;
  join(rig);
  rig.server().command({"PUBLISH", channel, encode_envelopes("c2", events_from(room, 1))[0]});
  CHECK(eventually([&] { return rig.reader_node().probe().foreign == 1; }));
  rig.writer().publish(room, events_from(room, 2));
  REQUIRE(eventually([&] { return rig.sink().count(published) == 1; }));
  CHECK(rig.sink().envelopes()[0].before.seq == seq{1});
}

TEST_CASE("with a key, a forged event and a forged beacon are refused and counted, and the nodes' own arrive",
          "[contract][fan_out][redis][security]") {
  private_redis server;
  auto options = options_for(server);
  options.keys = {std::string(64, 'a')};
  redis_node writer{options}, reader{options};
  writer.fan_out().start();
  reader.fan_out().start();
  REQUIRE(eventually([&] { return writer.is_up_again(1) && reader.is_up_again(1); }));
  reader.fan_out().subscribe(room);
  reader.fan_out().subscribe(shard_id{1});
  REQUIRE(eventually(
      [&] { return reader.sink().count(subscribed) == 1 && reader.sink().count("shard_subscribed 1") == 1; }));
  const beacon news{shard_id{1}, term{1}, 1, {}, {}, {}};
  server.command({"PUBLISH", channel, encode_envelopes("c1", events_from(room, 1))[0]});
  server.command({"PUBLISH", "parley:{c1:1}:beacon", *encode_envelope("c1", news)});
  CHECK(eventually([&] { return reader.probe().refused == 2; }));
  writer.fan_out().publish(room, events_from(room, 2));
  writer.fan_out().publish(news);
  REQUIRE(eventually(
      [&] { return reader.sink().count(published) == 1 && reader.sink().count("beacon_published 1") == 1; }));
  CHECK(reader.sink().envelopes()[0].before.seq == seq{1});
  CHECK(eventually([&] { return reader.probe().canaries > 2; }));
  CHECK(reader.sink().count("link_lost") == 0);
}

TEST_CASE("two clusters on one server do not meet", "[contract][fan_out][redis]") {
  redis_rig rig;
  auto options = options_for(rig.server());
  options.cluster_id = "c2";
  redis_node stranger{options};
  stranger.fan_out().start();
  REQUIRE(eventually([&] { return stranger.is_up_again(1); }));
  join(rig);
  stranger.fan_out().subscribe(room);
  REQUIRE(eventually([&] { return stranger.sink().count(subscribed) == 1; }));
  rig.writer().publish(room, events_from(room, 1));
  REQUIRE(eventually([&] { return rig.sink().count(published) == 1; }));
  CHECK(stranger.sink().count(published) == 0);
  CHECK(stranger.probe().foreign == 0);
}

TEST_CASE("more than may wait is dropped, counted, and a lost link", "[contract][fan_out][redis][G9]") {
  private_redis server;
  auto options = options_for(server);
  options.waiting_bytes_max = 1u << 20;
  options.canary_period = milliseconds{3600000};  // the queue shall be what gives way
  redis_node node{options};
  node.fan_out().start();
  REQUIRE(eventually([&] { return node.is_up_again(1); }));
  server.pause();
  CHECK(eventually([&] {
    node.fan_out().publish(room, events_from(room, 1, 3, std::string(65536, 'x')));
    return node.sink().count("link_lost") == 1;
  }));
  CHECK(node.probe().dropped > 0);
  server.resume();
  CHECK(eventually([&] { return node.is_up_again(2); }));
}

TEST_CASE("what is published while the link is down is dropped and counted", "[contract][fan_out][redis]") {
  private_redis server;
  server.kill();
  redis_node node{options_for(server)};
  node.fan_out().start();
  for (int i = 0; i < 10; ++i) node.fan_out().publish(room, events_from(room, 1));
  node.fan_out().publish(beacon{});
  CHECK(node.probe().dropped == 11);
}

TEST_CASE("a server with a password lets in who knows it", "[contract][fan_out][redis]") {
  private_redis server{"--requirepass", "secret"};
  auto options = options_for(server);
  options.url =
      GENERATE(as<std::string>{}, "redis://:secret@", "redis://default:secret@", "redis://:wrong@", "redis://") +
      server.url().substr(8);
  CAPTURE(options.url);
  redis_node node{options};
  node.fan_out().start();
  if (options.url.find("secret") != std::string::npos) {
    CHECK(eventually([&] { return node.is_up_again(1); }));
  } else {
    CHECK(eventually([&] { return node.probe().opens_failed >= 2; }));
    CHECK_FALSE(node.is_up_again(1));
  }
}

TEST_CASE("a stopped server's kernel accepts, but the link does not count as open", "[contract][fan_out][redis]") {
  private_redis server;
  server.pause();
  auto options = options_for(server);
  options.open_timeout = milliseconds{50};
  redis_node node{options};
  node.fan_out().start();
  CHECK(eventually([&] { return node.probe().opens_failed >= 3; }));
  CHECK(node.sink().calls().empty());
  server.resume();
  CHECK(eventually([&] { return node.is_up_again(1); }));
}

TEST_CASE("a server that is no Redis is left alone", "[contract][fan_out][redis]") {
  namespace asio = boost::asio;
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> is_over{false};
  std::thread other([&] {
    while (!is_over) {
      boost::system::error_code ec;
      asio::ip::tcp::socket socket{io};
      acceptor.accept(socket, ec);
      const std::string words = "HTTP/1.1 400 Bad Request\r\n\r\n";
      if (!ec) asio::write(socket, asio::buffer(words), ec);
    }
  });
  redis_options options;
  options.url = "redis://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  options.retry_delay_max = milliseconds{50};
  {
    redis_node node{options};
    node.fan_out().start();
    CHECK(eventually([&] { return node.probe().opens_failed >= 3; }));
    CHECK(node.sink().calls().empty());
  }
  is_over = true;
  boost::system::error_code ignored;
  asio::ip::tcp::socket last{io};
  last.connect(acceptor.local_endpoint(), ignored);  // lets `accept` return
  other.join();
}

TEST_CASE("a wrong URL refuses to start", "[contract][fan_out][redis]") {
  boost::asio::io_context io;
  silent_log out;
  counting_probe probe;
  redis_options options;
  options.url = "http://127.0.0.1";
  CHECK_THROWS_AS(redis_fan_out(io, options, out, probe), std::invalid_argument);
}

TEST_CASE("a fan-out that is stopped in any phase leaves nothing behind", "[contract][fan_out][redis]") {
  private_redis server;
  for (int i = 0; i < 50; ++i) {
    redis_node node{options_for(server)};  // its end joins the thread: a handler that stays would hang
    node.fan_out().subscribe(room);
    node.fan_out().start();
    node.fan_out().publish(room, events_from(room, 1));
    if (i % 5 == 0) REQUIRE(eventually([&] { return node.is_up_again(1); }));
    if (i % 2 == 0) node.fan_out().stop();
  }
}
