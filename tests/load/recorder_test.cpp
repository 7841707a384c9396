#include "loadtest/load/recorder.hpp"
#include "loadtest/load/drift.hpp"

#include <catch2/catch.hpp>

namespace parley::load {
namespace {

constexpr std::int64_t second = 1'000'000'000;

}  // namespace

TEST_CASE("what is counted happened while it measured", "[load][recorder]") {
  recorder r(timed::publish_to_ack);
  r.acked();
  r.begin(100 * second);
  r.acked();
  r.acked();
  r.delivered(5);
  r.end(110 * second);
  r.acked();
  CHECK(r.total().acks == 2);
  CHECK(r.total().deliveries == 5);
  CHECK(r.measured_s() == 10);
}

TEST_CASE("what is timed fell due while it measured, however late it ended", "[load][recorder]") {
  recorder r(timed::publish_to_ack);
  r.took(timed::publish_to_ack, 99 * second, 99 * second + 5);
  r.begin(100 * second);
  r.took(timed::publish_to_ack, 99 * second, 101 * second);  // due before
  r.took(timed::publish_to_ack, 109 * second, 110 * second - 1);
  r.end(110 * second);
  r.took(timed::publish_to_ack, 109 * second, 130 * second);  // the slowest of all, answered after the end
  r.took(timed::publish_to_ack, 110 * second, 111 * second);  // due after
  const auto& h = r.latency(timed::publish_to_ack);
  CHECK(h.count() == 2);
  CHECK(h.max() == std::chrono::seconds(21));
}

TEST_CASE("each interval holds what happened within it", "[load][recorder]") {
  recorder r(timed::publish_to_delivery);
  r.begin(0);
  r.acked();
  r.failed("unavailable");
  r.took(timed::publish_to_delivery, 0, 4000);
  r.took(timed::publish_to_ack, 0, 9000);
  CHECK(r.close_interval(second));
  r.acked();
  r.acked();
  CHECK(r.close_interval(2 * second));
  CHECK_FALSE(r.close_interval(2 * second));
  const auto& s = r.history();
  CHECK(s.t_s == std::vector<double>{1, 2});
  CHECK(s.acks == std::vector<std::uint64_t>{1, 2});
  CHECK(s.errors == std::vector<std::uint64_t>{1, 0});
  CHECK(s.p99_us[0] >= 4);
  CHECK(s.p99_us[0] < 4.1);
  CHECK(s.p99_us[1] == 0);
}

TEST_CASE("errors are counted by code over the whole run, and codes without end share one entry", "[load][recorder]") {
  recorder r(timed::publish_to_ack);
  r.failed("unavailable", 3);
  for (int n = 0; n < 1000; ++n) r.failed("made-up-" + std::to_string(n));
  r.failed("unavailable");
  CHECK(r.errors().at("unavailable") == 4);
  CHECK(r.errors().size() <= 65);
  CHECK(r.error_count() == 1004);
}

TEST_CASE("drift is the last quarter by the first, and says which way is worse", "[load][drift]") {
  recorder::series s;
  for (int n = 0; n < 16; ++n) {
    s.t_s.push_back(n + 1);
    s.acks.push_back(n < 4 ? 100 : 90);
    s.deliveries.push_back(0);
    s.joins.push_back(n < 12 ? 10 : 12);
    s.p50_us.push_back(50);
    s.p99_us.push_back(n < 12 ? 200 : 300);
  }
  const auto lines = drift_of(s, {{"node", 1, {}, std::vector<std::uint64_t>(16, 1000)}});
  REQUIRE(lines.size() == 5);  // no deliveries: nothing to compare
  CHECK(lines[0].what == "acks");
  CHECK(lines[0].percent == Approx(-10));
  CHECK(lines[0].is_worse);
  CHECK(lines[1].what == "joins");
  CHECK_FALSE(lines[1].is_worse);
  CHECK_FALSE(lines[2].is_worse);  // p50 stood still
  CHECK(lines[3].percent == Approx(50));
  CHECK(lines[3].is_worse);
  CHECK(lines[4].what == "memory of node");
  CHECK(lines[4].percent == 0);
}

TEST_CASE("a short run has no drift", "[load][drift]") {
  recorder::series s;
  s.acks = std::vector<std::uint64_t>(7, 5);
  CHECK(drift_of(s, {}).empty());
}

}  // namespace parley::load
