// What a development node's delay does to reads, and to nothing else.
#include "storage/faults/delayed_event_log.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>

using namespace parley;
using std::chrono::steady_clock;

namespace {

/// Answers at once, and knows when it was asked.
struct quick_log final : event_log {
  void append(append_batch, completion<append_outcome> done) override { done(append_outcome{}); }
  void recover(recover_request, completion<recovered> done) override { done(recovered{}); }
  void range(range_query, completion<range_page> done) override { asked(), done(range_page{}); }
  void history(history_query query, completion<history_page> done) override {
    asked();
    done(history_page{{}, {{term{1}, seq{query.limit}}, {}}, {}, false, false});
  }
  void heads(std::vector<room_ref>, completion<std::vector<marked_head>> done) override { done({}); }
  void marks(std::vector<shard_id>, completion<std::vector<shard_mark>> done) override { done({}); }
  void trim(std::string, shard_fence, room_ref, position, completion<shard_verdict> done) override {
    done(error{errc::not_owner, "as asked"});
  }

  void asked() { asked_at.push_back(steady_clock::now()); }
  std::vector<steady_clock::time_point> asked_at;
};

struct stage {
  quick_log store;
  boost::asio::io_context io;
  delayed_event_log log{store, io, 3};
  std::vector<result<history_page>> pages;

  void ask(std::uint32_t limit) {
    log.history({nullptr, history_query::side::newest, {}, limit, true}, [this](auto page) { pages.push_back(page); });
  }
  /// All that was begun has ended.
  void settle() {
    io.restart();
    io.run();
  }
};

}  // namespace

TEST_CASE("without a delay a page is asked for at once, on the caller's thread", "[contract][faults]") {
  stage s;
  s.ask(7);
  REQUIRE(s.pages.size() == 1);
  CHECK(s.pages[0]->head.head.seq == seq{7});
  CHECK(s.io.poll() == 0);  // no timer, nothing posted
}

TEST_CASE("a delayed page waits before the store is asked, and comes whole", "[contract][faults]") {
  stage s;
  s.log.set_delay(milliseconds{60});
  const auto begin = steady_clock::now();
  s.ask(7);
  std::optional<result<range_page>> range;
  s.log.range({nullptr, seq{1}, 10}, [&](auto page) { range = std::move(page); });
  CHECK(s.store.asked_at.empty());
  s.settle();
  REQUIRE(s.store.asked_at.size() == 2);
  for (const auto at : s.store.asked_at) CHECK(at - begin >= milliseconds{60});
  REQUIRE(s.pages.size() == 1);
  CHECK(s.pages[0]->head.head.seq == seq{7});
  CHECK(range->has_value());
}

TEST_CASE("a delay that is taken back counts for the next page, not for those that wait", "[contract][faults]") {
  stage s;
  s.log.set_delay(milliseconds{60});
  s.ask(1);
  s.log.set_delay(milliseconds{0});
  s.ask(2);
  REQUIRE(s.pages.size() == 1);
  CHECK(s.pages[0]->head.head.seq == seq{2});
  s.settle();
  REQUIRE(s.pages.size() == 2);
  CHECK(s.pages[1]->head.head.seq == seq{1});
}

TEST_CASE("writes, heads and marks never wait", "[contract][faults]") {
  stage s;
  s.log.set_delay(milliseconds{10'000});
  int answers = 0;
  s.log.append({}, [&](auto) { ++answers; });
  s.log.recover({}, [&](auto) { ++answers; });
  s.log.heads({}, [&](auto) { ++answers; });
  s.log.marks({}, [&](auto) { ++answers; });
  s.log.trim("", {}, nullptr, {}, [&](auto verdict) { answers += verdict.error().code == errc::not_owner; });
  CHECK(answers == 5);
}

TEST_CASE("more delayed pages than fit are refused, and room is made as others end", "[contract][faults][G9]") {
  stage s;
  s.log.set_delay(milliseconds{20});
  for (std::uint32_t n = 1; n <= 4; ++n) s.ask(n);
  s.settle();
  REQUIRE(s.pages.size() == 4);
  CHECK(s.pages[0].error().code == errc::unavailable);  // the fourth: it is told at once
  CHECK(s.store.asked_at.size() == 3);
  s.ask(5);
  s.settle();
  CHECK(s.pages.back()->head.head.seq == seq{5});
}

TEST_CASE("a stop answers every page that waits, and those that come later", "[contract][faults]") {
  stage s;
  s.log.set_delay(milliseconds{10'000});
  s.ask(1);
  s.ask(2);
  s.log.stop();
  s.ask(3);
  const auto begin = steady_clock::now();
  s.settle();
  CHECK(steady_clock::now() - begin < milliseconds{5'000});
  REQUIRE(s.pages.size() == 3);
  for (const auto& page : s.pages) CHECK(page.error().code == errc::unavailable);
  CHECK(s.store.asked_at.empty());
}
