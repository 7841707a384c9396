#include "loadtest/load/run_result.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace parley::load {
namespace {

namespace json = boost::json;
constexpr std::int64_t second = 1'000'000'000;

struct made_run {
  parameters values;
  recorder measured{timed::publish_to_ack};
  violations found;

  made_run() {
    values.targets = {"ws://127.0.0.1:1", "ws://127.0.0.1:2"};
    measured.begin(0);
    for (int n = 1; n <= 4; ++n) {
      measured.published();
      measured.acked();
      measured.took(timed::publish_to_ack, n, n + 1000 * n);
    }
    measured.delivered(9);
    measured.failed("unavailable", 2);
    measured.close_interval(2 * second);
    measured.end(2 * second);
  }
  run_result result() const {
    run_result r{"fanout", "2026-01-02T03:04:05Z", "1.2.3", "abc", values, measured, found};
    r.connections = 7;
    r.bytes_in = 100;
    r.bytes_out = 200;
    r.processes = {{"node", 12, {0.5}, {4096}}};
    r.generator_cpu_s = 0.25;
    r.interval_s = 2;
    r.ceiling = {1000, "what"};
    return r;
  }
};

json::object parsed(const run_result& r) { return json::parse(result_json(r)).as_object(); }

}  // namespace

TEST_CASE("the result file has the shape that reports read", "[load][result]") {
  const made_run run;
  const auto whole = parsed(run.result());
  CHECK(whole.at("format").as_string() == "parley-load/1");
  CHECK(whole.at("scenario").at("name").as_string() == "fanout");
  CHECK(whole.at("scenario").at("parameters").at("readers").as_int64() == 0);
  CHECK(whole.at("scenario").at("parameters").as_object().size() == parameter_table().size());
  CHECK(whole.at("machine").at("cores").to_number<int>() > 0);
  CHECK_FALSE(whole.at("partial").as_bool());
  CHECK(whole.at("measured_s").to_number<double>() == 2);
  CHECK(whole.at("targets").as_array().size() == 2);
  CHECK(whole.at("connections").to_number<int>() == 7);
  const auto& totals = whole.at("totals").as_object();
  CHECK(totals.at("publishes").to_number<int>() == 4);
  CHECK(totals.at("acks").to_number<int>() == 4);
  CHECK(totals.at("deliveries").to_number<int>() == 9);
  CHECK(totals.at("errors").at("unavailable").to_number<int>() == 2);
  CHECK(totals.at("bytes_in").to_number<int>() == 100);
  CHECK(whole.at("violations").as_array().empty());
  CHECK(whole.at("processes").at(0).at("cpu_s").at(0).to_number<double>() == 0.5);
  CHECK(whole.at("processes").at(0).at("rss_bytes").at(0).to_number<int>() == 4096);
  CHECK(whole.at("generator").at("ceiling_per_s").to_number<double>() == 1000);
  CHECK(whole.at("series").at("interval_s").to_number<double>() == 2);
  for (const auto* name : {"t_s", "acks", "deliveries", "joins", "errors", "p50_us", "p99_us"})
    CHECK(whole.at("series").at(name).as_array().size() == 1);
}

TEST_CASE("latencies are in microseconds, and their buckets add up", "[load][result]") {
  const made_run run;
  const auto whole = parsed(run.result());
  const auto& ack = whole.at("latency_us").at("publish_to_ack");
  CHECK(ack.at("count").to_number<int>() == 4);
  CHECK(ack.at("min").to_number<double>() == 1);
  CHECK(ack.at("max").to_number<double>() == 4);
  CHECK(ack.at("mean").to_number<double>() == 2.5);
  CHECK(ack.at("p50").to_number<double>() == Approx(2).epsilon(0.008));
  int sum = 0;
  double before = 0;
  for (const auto& bucket : ack.at("buckets").as_array()) {
    CHECK(bucket.at(0).to_number<double>() > before);
    before = bucket.at(0).to_number<double>();
    sum += bucket.at(1).to_number<int>();
  }
  CHECK(sum == 4);
  CHECK(whole.at("latency_us").at("join_to_live").at("count").to_number<int>() == 0);
}

TEST_CASE("a violation stands in the result and in the summary, with who saw what", "[load][result]") {
  made_run run;
  run.found.add({"reader-3", "load-1-0", "R3", "seq 9 behind seq 7"});
  const auto whole = parsed(run.result());
  const auto& one = whole.at("violations").at(0);
  CHECK(one.at("client").as_string() == "reader-3");
  CHECK(one.at("room").as_string() == "load-1-0");
  CHECK(one.at("rule").as_string() == "R3");
  const auto text = summary(run.result());
  for (const auto* word : {"VIOLATIONS: 1", "R3", "reader-3", "load-1-0", "seq 9 behind seq 7"})
    CHECK(text.find(word) != std::string::npos);
}

TEST_CASE("a run with more violations than are kept says how many there were", "[load][result]") {
  made_run run;
  for (int n = 0; n < 1000; ++n) run.found.add({"reader-0", "r", "R3", "x"});
  const auto whole = parsed(run.result());
  CHECK(whole.at("violation_count").to_number<int>() == 1000);
  CHECK(whole.at("violations").as_array().size() == violations::kept_max);
}

TEST_CASE("the summary says what was measured and warns where the load was its own limit", "[load][result]") {
  const made_run run;
  auto r = run.result();
  CHECK(summary(r).find("WARNING") == std::string::npos);
  CHECK(summary(r).find("publish to ack") != std::string::npos);
  CHECK(summary(r).find("violations: none") != std::string::npos);
  r.is_above_half = true;
  CHECK(summary(r).find("WARNING") != std::string::npos);
}

}  // namespace parley::load
