#include "actors/chat.hpp"
#include "actors/room_identity.hpp"

#include "tests/actors/scripted_ports.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

class quiet_session final : public session_port {
public:
  session_id id() const override { return session_id{7}; }
  thread_index thread() const override { return thread_index{0}; }
  void send(server_message message) override { sent.push_back(std::move(message)); }
  void notify_drained(std::uint32_t) override {}
  void go_live(room_ref, generation, position) override {}
  void leave_live(room_ref, generation) override {}
  void close(close_code, std::string) override {}
  std::vector<server_message> sent;
};

/// A whole node on the testing scheduler: two shards, each in a database of its own, both owned.
struct node_stage {
  node_stage() {
    chat_options options;
    options.node = {"n1", "us"};
    options.shards = 2;
    options.routes = {{database_id{0}, 0}, {database_id{1}, 0}};
    options.workers = 0;
    node = std::make_unique<chat>(options, std::vector<database_ports>{{&logs[0], &owners[0]}, {&logs[1], &owners[1]}},
                                  std::vector<fan_out*>{&endpoint}, lines, probe, clock);
    node->start(front);
    run();
    for (std::uint32_t i = 0; i < 2; ++i) {
      auto& mine = owners[i];
      mine.renewals.at(0).answer(lease_renewal{{"system", "1"}, 1, {}});
      run();
      mine.surveys.at(0).answer(std::vector<shard_row>{{shard_id{i}, "", term{4}, attempt{0}}});
      run();
      mine.claims.at(0).answer(std::vector<claimed_shard>{{shard_id{i}, true, term{5}, attempt{0}}});
      run();
    }
  }
  ~node_stage() {
    if (conversation) conversation->closed();
    conversation = nullptr;
    node->end();
    run();
    scheduler().clock().cancel_all();
    run();
  }
  void run() { scheduler().run(); }
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(node->system().scheduler());
  }
  /// Publishes to a room of that shard; its database has the batch then.
  void publish(std::uint32_t shard) {
    std::string room = "a";
    while (identify("default", room, 2)->shard.value != shard) room += 'a';
    conversation = node->open(session, "default");
    conversation->requested({1, request::connect{"ana", {}}});
    conversation->requested({2, request::publish{room, *draft_of("ana")}});
    run();
    logs[shard].histories.at(0).answer(history_page{});
    run();
    REQUIRE(logs[shard].appends.size() == 1);
  }

  hand_clock clock;
  scripted_log logs[2];
  scripted_owners owners[2];
  recording_fan_out endpoint;
  recording_front front;
  silent_lines lines;
  counting_probe probe;
  std::unique_ptr<chat> node;
  std::shared_ptr<quiet_session> session = std::make_shared<quiet_session>();
  std::shared_ptr<parley::conversation> conversation;
};

}  // namespace

TEST_CASE("a node is ready once it owns every shard of every database", "[actors]") {
  node_stage s;
  CHECK(s.node->is_ready());
  CHECK(s.node->shards_owned() == 2);
  CHECK(s.node->shards_leased() == 2);
  s.clock.now += std::chrono::hours(1);  // no renewal was answered meanwhile
  CHECK(s.node->shards_owned() == 2);
  CHECK(s.node->shards_leased() == 0);
}

TEST_CASE("a stop gives each database's shards back by itself: one that hangs keeps only its own", "[actors][G7]") {
  node_stage s;
  s.publish(0);
  bool is_released = false;
  REQUIRE(s.node->release([&] { is_released = true; }));
  s.run();
  CHECK(s.owners[0].releases.empty());  // its batch is under way
  REQUIRE(s.owners[1].releases.size() == 1);
  s.owners[1].releases[0].answer(std::size_t{1});
  CHECK_FALSE(is_released);
  s.logs[0].appends[0].answer(append_outcome{{shard_verdict::committed}, {}});
  s.run();
  CHECK(std::holds_alternative<reply::published>(s.session->sent.back().body));  // the stop lost nobody's ack
  REQUIRE(s.owners[0].releases.size() == 1);
  s.owners[0].releases[0].answer(std::size_t{1});
  CHECK(is_released);
}

TEST_CASE("while a node stops nobody new comes in, and it stops once", "[actors]") {
  node_stage s;
  REQUIRE(s.node->release([] {}));
  CHECK_FALSE(s.node->is_ready());
  CHECK(s.node->open(s.session, "default") == nullptr);
  CHECK_FALSE(s.node->release([] {}));
}

}  // namespace parley::testing
