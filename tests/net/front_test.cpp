#include "net/front.hpp"

#include "tests/net/fake_reception.hpp"
#include "tests/net/given.hpp"
#include "tests/net/wire_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>

using namespace parley;
using namespace parley::net;

namespace {

struct silent_log final : log {
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

struct counting_probe final : front_probe {
  std::atomic<int> broken{0}, behind{0};
  void stream_broken() override { ++broken; }
  void reader_fell_behind() override { ++behind; }
};

/// A front on a free port with one thread, so that tests know where rows are.
struct running_front {
  explicit running_front(front_options options = {}) : node(quick(std::move(options)), desk, {}, out, probe) {
    const auto opened = node.listen();
    REQUIRE(opened.has_value());
    node.serve();
  }
  ~running_front() { node.stop(); }

  static front_options quick(front_options options) {
    options.port = 0;
    options.threads = 1;
    options.patience.sweep = milliseconds{20};
    return options;
  }

  /// A client that is connected and has joined `r` at {0, 0}, live in the only thread's table.
  std::unique_ptr<wire_client> live_client(const room_ref& room) {
    auto owned = std::make_unique<wire_client>(node.port());
    wire_client& client = *owned;
    client.send(R"([{"id":1,"connect":{"user":"ana"}},{"id":2,"join":{"room":"r"}}])");
    client.next_data();
    client.next_data();
    REQUIRE(desk.until([&] { return !desk.visits.empty(); }));
    node.open(thread_index{0}, room, position{});
    desk.visits.back()->session->go_live(room, generation{1}, position{});
    CHECK(client.next_data().payload == R"({"live":{"room":"r","at":{"term":0,"seq":0}}})");
    return owned;
  }

  fake_reception desk;
  silent_log out;
  counting_probe probe;
  front node;
};

constexpr thread_index first_thread[] = {thread_index{0}};

}  // namespace

TEST_CASE("connect is answered with who one is, where, and every limit", "[net][front]") {
  running_front running;
  wire_client client(running.node.port());
  client.send(R"({"id":7,"connect":{"user":"ana"}})");
  const auto answer = client.next_data();
  CHECK(answer.payload.starts_with(R"({"id":7,"connected":{"conn_id":")"));
  CHECK(answer.payload.find(R"("user":"ana","node":"n1","ping_ms":25000,"limits":{"content_bytes":65536,)") !=
        std::string::npos);
}

TEST_CASE("nothing comes before connect, and connect comes once", "[net][front][bad_input]") {
  running_front running;
  wire_client client(running.node.port());
  client.send(R"({"id":1,"ping":{}})");
  CHECK(client.next_data().payload.find(R"("code":4010)") != std::string::npos);
  client.send(R"({"id":2,"connect":{"token":"a.b.c"}})");
  CHECK(client.next_data().payload.find(R"("code":4000)") != std::string::npos);
  client.send(R"([{"id":3,"connect":{}},{"id":4,"connect":{"user":"eve"}},{"id":5,"ping":{}}])");
  std::string all;
  for (int n = 0; n < 3; ++n) all += client.next_data().payload;
  CHECK(all.find(R"("user":"guest")") != std::string::npos);
  CHECK(all.find(R"({"id":4,"error":{"code":4000)") != std::string::npos);
  CHECK(all.find(R"({"id":5,"pong":{}})") != std::string::npos);
}

TEST_CASE("a frame that does not parse closes with 4400, the wrong type with 1003, a big connect with 1009",
          "[net][front][bad_input]") {
  running_front running;
  wire_client broken(running.node.port());
  broken.send("{");
  CHECK(broken.next_data().close_code() == 4400);
  wire_client binary(running.node.port(), "parley.v1.json");
  CHECK(binary.head.find("Sec-WebSocket-Protocol: parley.v1.json") != std::string::npos);
  binary.send("{}", 2);
  CHECK(binary.next_data().close_code() == 1003);
  wire_client big(running.node.port());
  big.send(std::string(65'537, ' '));
  CHECK(big.next_data().close_code() == 1009);
}

TEST_CASE("a socket without connect closes with 4408, one that answers no ping with 4509", "[net][front]") {
  front_options options;
  options.patience.connect = milliseconds{100};
  options.patience.ping = milliseconds{100};
  options.patience.pong = milliseconds{200};
  running_front running(options);
  wire_client silent(running.node.port());
  CHECK(silent.next_data().close_code() == 4408);
  wire_client deaf(running.node.port());
  deaf.send(R"({"id":1,"connect":{}})");
  REQUIRE(running.desk.until([&] { return !running.desk.requests.empty(); }));
  deaf.next_data();
  CHECK(deaf.next_data().close_code() == 4509);
  CHECK(running.desk.until([&] { return running.desk.closed_count == 1; }));
}

TEST_CASE("a flood of pings closes with 4429", "[net][front][bad_input]") {
  running_front running;
  wire_client client(running.node.port());
  std::string flood;
  for (int n = 0; n < 20'000; ++n) flood += std::string("\x89\x80\0\0\0\0", 6);
  client.raw(flood);
  CHECK(client.next_data().close_code() == 4429);
}

TEST_CASE("live batches reach a row in order, as shared bytes, and the verifier finds nothing", "[net][front][G3]") {
  running_front running;
  const auto room = given::room("r");
  auto client = running.live_client(room);
  for (std::uint64_t n = 1; n <= 100; ++n)
    running.node.deliver(first_thread, room, n == 1 ? position{} : given::at(n - 1), given::messages(n, n));
  for (std::uint64_t n = 1; n <= 100; ++n) {
    const auto got = client->next_data().payload;
    CAPTURE(got);
    REQUIRE(got.starts_with(R"({"batch":{"room":"r","prev":)" + std::to_string(n - 1) + R"(,"phase":"live")"));
  }
  CHECK(running.probe.broken == 0);
}

TEST_CASE("a hole in the feed takes the row out at its position and writes nothing", "[net][front][G3][G6]") {
  running_front running;
  const auto room = given::room("r");
  auto client = running.live_client(room);
  running.node.deliver(first_thread, room, given::at(5), given::messages(6, 6));
  REQUIRE(running.desk.until([&] { return !running.desk.behind_at.empty(); }));
  CHECK(running.desk.behind_at.front() == position{});
  client->send(R"({"id":9,"ping":{}})");
  CHECK(client->next_data().payload == R"({"id":9,"pong":{}})");
}

TEST_CASE("a join without an id is not answered, and its stream is proven whole from its start", "[net][front][G3]") {
  running_front running;
  const auto room = given::room("r");
  auto client = running.live_client(room);
  running.node.deliver(first_thread, room, position{}, given::messages(1, 9));
  client->next_data();
  // As its connection actor says a second join that begins further back.
  const auto session = running.desk.visits.back()->session;
  session->leave_live(room, generation{1});
  session->send({0, reply::joined{"r", given::at(9), given::at(5), std::nullopt}});
  session->send({0, push::batch{"r", seq{5}, push::phase::history, given::messages(6, 9)}});
  session->go_live(room, generation{2}, given::at(9));
  CHECK(client->next_data().payload.starts_with(R"({"batch":{"room":"r","prev":5,"phase":"history")"));
  CHECK(client->next_data().payload.starts_with(R"({"live")"));
  const auto settle = [&]() {  // what was written before an answer has been judged when the answer comes
    client->send(R"({"id":9,"ping":{}})");
    client->next_data();
  };
  settle();
  CHECK(running.probe.broken == 0);
  session->send({0, push::batch{"r", seq{7}, push::phase::history, given::messages(8, 9)}});
  client->next_data();
  settle();
  CHECK(running.probe.broken == 1);
}

TEST_CASE("a leave without an id is not answered, and its stream has ended", "[net][front][G3][G9]") {
  running_front running;
  const auto room = given::room("r");
  auto client = running.live_client(room);
  const auto session = running.desk.visits.back()->session;
  session->leave_live(room, generation{1});
  session->send({0, reply::left{"r"}});
  client->send(R"({"id":9,"ping":{}})");
  CHECK(client->next_data().payload.find("pong") != std::string::npos);
  CHECK(running.probe.broken == 0);
  session->send({0, push::batch{"r", seq{0}, push::phase::live, given::messages(1, 1)}});
  client->next_data();
  client->send(R"({"id":10,"ping":{}})");
  client->next_data();
  CHECK(running.probe.broken == 1);
}

TEST_CASE("a reader that reads nothing falls back to a position, and its replies stay", "[net][front][G9]") {
  front_options options;
  options.waiting.live_bytes_max = 64 * 1024;
  running_front running(options);
  const auto room = given::room("r");
  auto client = running.live_client(room);
  const std::string text(16 * 1024, 'x');
  std::uint64_t sent = 0;
  const auto is_behind = [&] { return running.probe.behind > 0; };
  for (; sent < 20'000 && !is_behind(); ++sent)
    running.node.deliver(first_thread, room, sent == 0 ? position{} : given::at(sent),
                         given::messages(sent + 1, sent + 1, text));
  REQUIRE(running.desk.until([&] { return !running.desk.behind_at.empty(); }));
  const position fell_at = running.desk.behind_at.front();
  // Everything up to that position arrives, in order, and nothing after it.
  for (std::uint64_t n = 0; n < fell_at.seq.value; ++n)
    REQUIRE(client->next_data().payload.starts_with(R"({"batch":{"room":"r","prev":)" + std::to_string(n) + ','));
  client->send(R"({"id":9,"ping":{}})");
  CHECK(client->next_data().payload == R"({"id":9,"pong":{}})");
  CHECK(running.probe.broken == 0);
}

TEST_CASE("a drain says reconnect, closes with 1001 and tells when nobody is left", "[net][front]") {
  running_front running;
  auto client = std::make_unique<wire_client>(running.node.port());
  client->send(R"({"id":1,"connect":{}})");
  client->next_data();
  std::atomic<bool> is_drained{false};
  running.node.drain({milliseconds{5}, milliseconds{10}, "test"}, milliseconds{5'000},
                     [&] { running.desk.note([&] { is_drained = true; }); });
  CHECK(client->next_data().payload == R"({"reconnect":{"after_ms":5,"jitter_ms":10,"reason":"test"}})");
  CHECK(client->next_data().close_code() == 1001);
  client.reset();
  CHECK(running.desk.until([&] { return is_drained.load(); }));
}

TEST_CASE("a port in use is an error that says so", "[net][front]") {
  running_front running;
  front_options options;
  options.port = running.node.port();
  front second(options, running.desk, {}, running.out, running.probe);
  const auto opened = second.listen();
  REQUIRE(opened.has_error());
  CHECK(opened.error().detail.find(std::to_string(options.port)) != std::string::npos);
}
