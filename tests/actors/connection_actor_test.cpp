#include "actors/connection_actor.hpp"
#include "actors/room_identity.hpp"
#include "tests/actors/scripted_ports.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace parley::testing {
namespace {

/// Feeds and a feed in one: remembers what it was asked, answers when the test says so.
class scripted_feed : public caf::event_based_actor {
public:
  struct told {
    std::vector<msg::attach> attaches;
    std::vector<msg::fetch> fetches;
    int detaches = 0;
  };
  scripted_feed(caf::actor_config& config, std::shared_ptr<told> what)
      : event_based_actor(config), told_(std::move(what)) {}
  caf::behavior make_behavior() override {
    return {[this](msg::attach& m) { told_->attaches.push_back(std::move(m)); },
            [this](msg::fetch& m) { told_->fetches.push_back(std::move(m)); },
            [this](const msg::detach&) { ++told_->detaches; }};
  }

private:
  std::shared_ptr<told> told_;
};

class recording_session final : public session_port {
public:
  session_id id() const override { return session_id{7}; }
  thread_index thread() const override { return thread_index{0}; }
  void send(server_message message) override { sent.push_back(std::move(message)); }
  void notify_drained(std::uint32_t token) override { watched.push_back(token); }
  void go_live(room_ref, generation, position) override { ++lives; }
  void leave_live(room_ref, generation) override {}
  void close(close_code, std::string) override {}

  std::vector<server_message> sent;
  std::vector<std::uint32_t> watched;
  int lives = 0;
};

/// Ends by itself when its connection does.
struct count_closed : chat_probe {
  void connection_closed() override { ++closed; }
  int closed = 0;
};

struct stage {
  stage() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    context = std::make_shared<chat_context>();
    context->options.shards = 1;
    context->options.routes = {{}};
    context->databases = {{&log, nullptr, nullptr, &log}};
    context->probe = &probe;
    feed = system->spawn<scripted_feed>(told);
    connection = system->spawn<connection_actor>(context, session, "default", feed, feed);
    run();
  }
  ~stage() {
    caf::anon_send_exit(connection, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(feed, caf::exit_reason::user_shutdown);
    run();
  }
  void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler()).run(); }
  template <class Message>
  void tell(Message&& m) {
    caf::anon_send(connection, std::forward<Message>(m));
    run();
  }
  void join(request::join_options options = {}, std::uint32_t id = 1, const std::string& room = "general") {
    tell(msg::requested{{id, request::join{room, options}}});
  }
  void leave(std::uint32_t id) { tell(msg::requested{{id, request::leave{"general"}}}); }
  void ask_for_page(std::uint32_t id) {
    request::history page;
    page.room = "general";
    tell(msg::requested{{id, page}});
  }
  void page(std::size_t which, event_list events = {}) {
    log.histories.at(which).answer(history_page{std::move(events), {}, {}, false, false});
    run();
  }
  std::vector<std::uint32_t> answered() const {
    std::vector<std::uint32_t> ids;
    for (const auto& m : session->sent) {
      if (m.id != 0) ids.push_back(m.id);
    }
    return ids;
  }
  void attached(const msg::attach& asked, feed_view view = {}) {
    if (!view.events) view.events = std::make_shared<event_list>();
    tell(msg::feed_attached{asked.room->key, asked.generation, std::move(view), feed});
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  scripted_log log;
  count_closed probe;
  context_ptr context;
  std::shared_ptr<recording_session> session = std::make_shared<recording_session>();
  std::shared_ptr<scripted_feed::told> told = std::make_shared<scripted_feed::told>();
  caf::actor feed;
  caf::actor connection;
};

}  // namespace

TEST_CASE("a session that ends while its join waits detaches once the feed answers", "[actors][G9]") {
  stage s;
  s.join();
  REQUIRE(s.told->attaches.size() == 1);
  s.tell(msg::session_closed{});
  CHECK(s.probe.closed == 0);
  s.attached(s.told->attaches[0]);
  CHECK(s.told->detaches == 1);
  CHECK(s.probe.closed == 1);
}

TEST_CASE("a session that ends while its join waits detaches as well when the attach fails", "[actors][G9]") {
  stage s;
  s.join();
  const auto asked = s.told->attaches.at(0);
  s.tell(msg::session_closed{});
  s.tell(msg::feed_failed{asked.room->key, asked.generation, true, {}, s.feed});
  CHECK(s.told->detaches == 1);
  CHECK(s.probe.closed == 1);
}

TEST_CASE("a joined session detaches exactly once when it ends", "[actors][G9]") {
  stage s;
  s.join();
  s.attached(s.told->attaches.at(0));
  CHECK(s.session->lives == 1);
  s.tell(msg::session_closed{});
  CHECK(s.told->detaches == 1);
  CHECK(s.probe.closed == 1);
}

TEST_CASE("joins and leaves of a room are each answered, in order, though they come before a join's answer",
          "[actors][G9]") {
  stage s;
  s.join({}, 1);
  s.join({}, 2);
  s.leave(3);
  s.join({}, 4);
  REQUIRE(s.told->attaches.size() == 1);
  s.attached(s.told->attaches[0]);
  CHECK(s.answered() == std::vector<std::uint32_t>{1});
  CHECK(s.told->detaches == 1);
  REQUIRE(s.told->attaches.size() == 2);
  s.attached(s.told->attaches[1]);
  CHECK(s.answered() == std::vector<std::uint32_t>{1, 2, 3});
  REQUIRE(s.told->attaches.size() == 3);
  s.tell(msg::feed_failed{s.told->attaches[2].room->key, s.told->attaches[2].generation, true, {}, s.feed});
  CHECK(s.answered() == std::vector<std::uint32_t>{1, 2, 3, 4});
  s.tell(msg::session_closed{});
  CHECK(s.told->detaches == 3);
  CHECK(s.probe.closed == 1);
}

TEST_CASE("a session asks storage for one page at a time, and for none once it is closed", "[actors][G9]") {
  stage s;
  for (std::uint32_t id = 1; id <= 5; ++id) s.ask_for_page(id);
  CHECK(s.log.histories.size() == 1);
  s.page(0);
  CHECK(s.answered() == std::vector<std::uint32_t>{1});
  CHECK(s.log.histories.size() == 2);
  s.tell(msg::session_closed{});
  s.page(1);
  CHECK(s.log.histories.size() == 2);
  CHECK(s.answered() == std::vector<std::uint32_t>{1});
}

TEST_CASE("what a socket has not taken keeps further pages and histories back", "[actors][G3][G9]") {
  stage s;
  s.ask_for_page(1);
  s.page(0, {event_at(1, 1, std::string(3 << 20, 'x'))});
  REQUIRE(s.session->watched == std::vector<std::uint32_t>{0});
  s.ask_for_page(2);
  CHECK(s.log.histories.size() == 1);
  s.join({}, 3);
  s.attached(s.told->attaches.at(0));
  CHECK(s.answered() == std::vector<std::uint32_t>{1});
  s.tell(msg::drained{0});
  CHECK(s.answered() == std::vector<std::uint32_t>{1, 3});
  CHECK(s.session->lives == 1);
  CHECK(s.log.histories.size() == 2);
}

TEST_CASE("a feed's answer that is kept back still counts when the session ends: it detaches", "[actors][G9]") {
  stage s;
  s.ask_for_page(1);
  s.page(0, {event_at(1, 1, std::string(3 << 20, 'x'))});
  s.join({}, 2);
  s.attached(s.told->attaches.at(0));
  s.tell(msg::session_closed{});
  CHECK(s.told->detaches == 1);
  CHECK(s.probe.closed == 1);
}

TEST_CASE("a fetch that fails after the room was left detaches nobody else", "[actors][G9]") {
  stage s;
  request::join_options resume;
  resume.since = position{term{1}, seq{1}};
  s.join(resume);
  const position last{term{1}, seq{9}};
  s.attached(s.told->attaches.at(0), {{last, {}}, last, nullptr, last});
  REQUIRE(s.told->fetches.size() == 1);
  s.leave(2);
  CHECK(s.told->detaches == 0);  // it waits for the join's answer
  const auto& asked = s.told->attaches[0];
  s.tell(msg::feed_failed{asked.room->key, asked.generation, false, {}, s.feed});
  CHECK(s.told->detaches == 1);
  CHECK(s.answered() == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("joins and leaves of a room of `connect` wait for `connected`", "[actors][G3][G9]") {
  stage s;
  s.tell(msg::requested{
      {1, request::connect{"ana", {{"general", request::join_options{}}, {"other", request::join_options{}}}}}});
  REQUIRE(s.told->attaches.size() == 2);
  const auto attach_of = [&](const std::string& room) {
    return *std::ranges::find_if(s.told->attaches, [&](const auto& asked) { return asked.room->room == room; });
  };
  SECTION("before the room's own answer") {
    s.leave(2);
    s.join({}, 3);
    s.attached(attach_of("general"));
  }
  SECTION("after it") {
    s.attached(attach_of("general"));
    s.leave(2);
    s.join({}, 3);
  }
  CHECK(s.session->sent.empty());
  s.join({}, 4, "third");  // another room's need not
  REQUIRE(s.told->attaches.size() == 3);
  s.attached(s.told->attaches[2]);
  CHECK(s.answered() == std::vector<std::uint32_t>{4});
  s.attached(attach_of("other"));
  CHECK(s.answered() == std::vector<std::uint32_t>{4, 1, 2});
  const auto found = std::ranges::find(s.session->sent, 1u, &server_message::id);
  for (const auto& outcome : std::get<reply::connected>(found->body).rooms)
    CHECK(std::holds_alternative<reply::joined>(outcome.outcome));
  CHECK(s.told->detaches == 1);
  REQUIRE(s.told->attaches.size() == 4);
  s.attached(s.told->attaches[3]);
  CHECK(s.answered() == std::vector<std::uint32_t>{4, 1, 2, 3});
  CHECK(s.session->lives == 4);
}

TEST_CASE("a room that `connect` could not join is joined anew behind `connected` only", "[actors][G3]") {
  stage s;
  s.tell(msg::requested{
      {1, request::connect{"ana", {{"general", request::join_options{}}, {"other", request::join_options{}}}}}});
  REQUIRE(s.told->attaches.size() == 2);
  const auto which = s.told->attaches[0].room->room == "general" ? 0u : 1u;
  const auto& general = s.told->attaches[which];
  s.tell(msg::feed_failed{general.room->key, general.generation, true, {}, s.feed});
  s.join({}, 2);
  CHECK(s.told->attaches.size() == 2);
  s.attached(s.told->attaches[1 - which]);
  CHECK(s.answered() == std::vector<std::uint32_t>{1});
  REQUIRE(s.told->attaches.size() == 3);
  s.attached(s.told->attaches[2]);
  CHECK(s.answered() == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("a connect without an id is not answered; a room's refusal comes as a push that names it", "[actors]") {
  stage s;
  const refusal bad{refusal_code::bad_request, "bad options", {}};
  s.tell(msg::requested{{0, request::connect{"ana", {{"general", request::join_options{}}, {"other", bad}}}}});
  CHECK(s.session->sent.empty());  // its rooms still have one moment at which they begin
  s.attached(s.told->attaches.at(0));
  REQUIRE(s.session->sent.size() == 2);
  for (const auto& m : s.session->sent) CHECK(m.id == 0);
  const auto& refused = std::get<reply::failed>(s.session->sent[0].body);
  CHECK(refused.room == "other");
  CHECK(refused.why.code == refusal_code::bad_request);
  CHECK(std::get<reply::joined>(s.session->sent[1].body).room == "general");  // for the verifier, not written
  CHECK(s.session->lives == 1);
}

TEST_CASE("a connect with an id is answered once, with the outcome of each room", "[actors]") {
  stage s;
  const refusal bad{refusal_code::bad_request, "bad options", {}};
  s.tell(msg::requested{{4, request::connect{"ana", {{"general", request::join_options{}}, {"other", bad}}}}});
  s.attached(s.told->attaches.at(0));
  REQUIRE(s.session->sent.size() == 1);
  CHECK(s.session->sent[0].id == 4);
  CHECK(std::get<reply::connected>(s.session->sent[0].body).rooms.size() == 2);
}

}  // namespace parley::testing
