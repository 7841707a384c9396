#include "tests/net/peer_stage.hpp"

#include <thread>

using namespace parley;
using namespace parley::net;
using namespace parley::testing;

namespace {

constexpr std::uint64_t many = 10'000;

/// Answers every publish at once, on the links' thread.
class answering_sink final : public peer_link_sink {
public:
  explicit answering_sink(std::shared_ptr<peer_link> link) : link_(std::move(link)) {}
  void opened() override {}
  void received(std::vector<peer::item> items) override {
    for (const auto& one : items) link_->send(given::published(given::request_of(one)));
  }
  void closed(std::string) override { link_.reset(); }

private:
  std::shared_ptr<peer_link> link_;
};
struct answering_door final : peer_door {
  std::shared_ptr<peer_link_sink> accepted(node_identity, std::shared_ptr<peer_link> link) override {
    return std::make_shared<answering_sink>(std::move(link));
  }
};

void send_patiently(peer_link& link, const peer::item& one) {
  REQUIRE(eventually([&] { return link.send(one); }));
}

bool is_in_order(const std::vector<peer::item>& items) {
  for (std::size_t n = 0; n < items.size(); ++n)
    if (given::request_of(items[n]) != n + 1) return false;
  return true;
}

}  // namespace

TEST_CASE("two nodes exchange ten thousand items in order, with TLS and without", "[net][peer]") {
  const bool is_secure = GENERATE(false, true);
  CAPTURE(is_secure);
  const paper_folder papers;
  auto first = options_of("n1"), second = options_of("n2");
  if (is_secure) papers.give(first, "n1"), papers.give(second, "n2");
  running_mesh one(first), two(second);
  answering_door answering;
  two.mesh().serve(&answering);
  dialled link(one, two.place());
  REQUIRE(link.is_open());
  for (std::uint64_t n = 1; n <= many; ++n) send_patiently(*link.link, given::publish(n));
  REQUIRE(eventually([&] { return link.sink->count() == many; }));
  CHECK(is_in_order(link.sink->items()));
  CHECK(one.probe.items_out == many);
  CHECK(two.probe.items_in == many);
  CHECK(one.probe.frames_out < many);  // what gathered went out together
  two.mesh().serve(nullptr);
}

TEST_CASE("an accepted link is open, names who dialled, and its items arrive in order", "[net][peer]") {
  running_mesh one(options_of("n1")), two(options_of("n2"));
  dialled link(one, two.place());
  REQUIRE(link.is_open());
  const auto visit = two.door.last();
  CHECK(visit.who.name == "n1");
  CHECK(visit.who.incarnation == "n1-life");
  for (std::uint64_t n = 1; n <= many; ++n) send_patiently(*visit.link, given::published(n));
  REQUIRE(eventually([&] { return link.sink->count() == many; }));
  CHECK(is_in_order(link.sink->items()));
}

TEST_CASE("a send before the link is open, and after its end, is refused", "[net][peer]") {
  running_mesh one(options_of("n1")), two(options_of("n2"));
  auto nowhere = two.place();
  nowhere.address = "127.0.0.1:1";
  dialled closed(one, nowhere);
  CHECK_FALSE(closed.link->send(given::publish(1)));
  CHECK(begins_with(closed.end(), peer_end::unreachable));
  CHECK_FALSE(closed.link->send(given::publish(1)));
}

TEST_CASE("a link that its holder closes ends at the other side, and the holder hears nothing more", "[net][peer]") {
  running_mesh one(options_of("n1")), two(options_of("n2"));
  dialled link(one, two.place());
  REQUIRE(link.is_open());
  const auto visit = two.door.last();
  link.link->close();
  link.link->close();
  REQUIRE(eventually([&] { return visit.sink->closes == 1; }));
  CHECK(begins_with(visit.sink->why(), peer_end::stopped));
  CHECK_FALSE(link.link->send(given::publish(1)));
  CHECK_FALSE(visit.link->send(given::published(1)));
  CHECK(link.sink->closes == 0);
}

TEST_CASE("a link closed in the middle of its writes takes nothing else down", "[net][peer]") {
  running_mesh one(options_of("n1")), two(options_of("n2"));
  dialled kept(one, two.place());
  REQUIRE(kept.is_open());
  const auto other = two.door.last();
  for (int round = 0; round < 20; ++round) {
    dialled link(one, two.place());
    REQUIRE(link.is_open());
    const auto far = two.door.last();
    for (int n = 0; n < 200 && link.link->send(given::publish(1, std::string(50'000, 'x'))); ++n) continue;
    (round % 2 == 0 ? link.link : far.link)->close();
    REQUIRE(eventually([&] { return (round % 2 == 0 ? far.sink : link.sink)->closes == 1; }));
  }
  send_patiently(*kept.link, given::publish(7));
  REQUIRE(eventually([&] { return other.sink->count() == 1; }));
  CHECK(kept.sink->closes == 0);
}

TEST_CASE("a stop ends every link and tells each sink", "[net][peer]") {
  running_mesh one(options_of("n1")), two(options_of("n2"));
  dialled link(one, two.place());
  REQUIRE(link.is_open());
  const auto visit = two.door.last();
  two.mesh().stop();
  CHECK(visit.sink->closes == 1);
  CHECK_FALSE(link.end().empty());
  dialled late(one, two.place());
  CHECK(begins_with(late.end(), peer_end::unreachable));
}

TEST_CASE("a dial to a closed port, an unknown host or no address ends as unreachable", "[net][peer]") {
  running_mesh one(options_of("n1"));
  for (const char* address : {"127.0.0.1:1", "no-such-host.invalid:9", "127.0.0.1", "127.0.0.1:x", ":9", ""}) {
    CAPTURE(address);
    dialled link(one, {{"n2", "n2-life"}, address});
    CHECK(begins_with(link.end(), peer_end::unreachable));
    CHECK(link.sink->opens == 0);
  }
}

TEST_CASE("another process, node, cluster or number of shards is refused, and both ends say why", "[net][peer]") {
  running_mesh one(options_of("n1")), two(options_of("n2"));
  auto former = two.place();
  former.node.incarnation = "n2-former-life";
  dialled looked(one, former);
  CHECK(begins_with(looked.end(), peer_end::incarnation));
  CHECK(two.probe.refused_for(peer_end::incarnation) == 1);
  CHECK(one.probe.refused_for(peer_end::incarnation) == 1);

  auto other_node = two.place();
  other_node.node.name = "n3";
  dialled named(one, other_node);
  CHECK(begins_with(named.end(), peer_end::node));

  auto foreign = options_of("n4");
  foreign.self.cluster_id = "another";
  running_mesh stranger(foreign);
  dialled crossed(stranger, two.place());
  CHECK(begins_with(crossed.end(), peer_end::cluster));
  CHECK(two.probe.refused_for(peer_end::cluster) == 1);

  auto wider = options_of("n5");
  wider.self.shards = 512;
  running_mesh grown(wider);
  dialled spread(grown, two.place());
  CHECK(begins_with(spread.end(), peer_end::shards));
  CHECK(two.door.count() == 1);  // the one whose answer the dialler refused
}

TEST_CASE("a door that takes nobody refuses, and its dialler hears of no open link", "[net][peer]") {
  running_mesh one(options_of("n1")), two(options_of("n2"));
  two.door.takes = false;
  dialled link(one, two.place());
  CHECK(begins_with(link.end(), peer_end::not_taken));
  CHECK(link.sink->opens == 0);
  two.mesh().serve(nullptr);
  two.door.takes = true;
  dialled again(one, two.place());
  CHECK(begins_with(again.end(), peer_end::not_taken));
  CHECK(two.door.count() == 0);
}

TEST_CASE("a mesh that cannot listen says why", "[net][peer]") {
  running_mesh one(options_of("n1"));
  io_thread thread("parley-peer");
  quiet_log out;
  counting_peer_probe probe;
  const auto why = [&](peer_options options) { return peer_mesh(thread.io, std::move(options), out, probe).listen(); };
  auto taken = options_of("n2");
  taken.port = one.port();
  CHECK(why(taken).find("cannot listen on 127.0.0.1:" + std::to_string(one.port())) != std::string::npos);
  auto open = options_of("n2");
  open.address = "0.0.0.0";
  CHECK(why(open).find("need certificates") != std::string::npos);
  open.address = "nowhere";
  CHECK(why(open).find("is no IP address") != std::string::npos);
  thread.finish();
}
