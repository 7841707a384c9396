#include "loadtest/readable.hpp"
#include "loadtest/report/figures.hpp"
#include "tests/loadtest/given_result.hpp"

#include <algorithm>

namespace parley::load::reporting {
namespace {

std::optional<double> value_of(const std::vector<figure>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &figure::name);
  return found == all.end() ? std::nullopt : std::optional(found->value);
}

const compared& row_of(const std::vector<compared>& rows, const std::string& name) {
  const auto found = std::ranges::find(rows, name, &compared::name);
  INFO(name);
  REQUIRE(found != rows.end());
  return *found;
}

TEST_CASE("rates are over the time measured", "[loadtest][report]") {
  const auto all = figures_of(parsed(small_result()));
  CHECK(value_of(all, "acks") == 5.0);
  CHECK(value_of(all, "deliveries") == 50.0);
  CHECK_FALSE(value_of(all, "joins"));
  CHECK(value_of(all, "errors") == 1.0);
  CHECK(value_of(all, "publish to ack p50") == 200.0);
}

TEST_CASE("CPU per unit is what was spent since the begin by what happened meanwhile", "[loadtest][report]") {
  // 1.75 s of CPU at the end of three intervals of 0.5 s, with 10 acks and 100 deliveries.
  const auto all = figures_of(parsed(small_result()));
  CHECK(value_of(all, "cores, parleyd") == Approx(1.75 / 1.5));
  CHECK(value_of(all, "CPU per ack, parleyd") == Approx(1.75e6 / 10));
  CHECK(value_of(all, "CPU per delivery, parleyd") == Approx(1.75e6 / 100));
  CHECK(value_of(all, "peak memory, parleyd") == Approx(3));
}

TEST_CASE("a sample from the begin is what the rest counts from", "[loadtest][report]") {
  auto document = small_result();
  auto& process = document.at("processes").at(0).as_object();
  process["cpu_s"] = boost::json::parse("[0.5,1.0,1.25,1.75]");
  process["rss_bytes"] = boost::json::parse("[1,2,3,4]");
  const auto run = parsed(document);
  CHECK(value_of(figures_of(run), "CPU per ack, parleyd") == Approx(1.25e6 / 10));
  CHECK(cores_used(run.processes[0], run.series) == line{1.0, 0.5, 1.0});
  CHECK(memory_held(run.processes[0], run.series) == line{2.0, 3.0, 4.0});
}

TEST_CASE("cores are the derivative of CPU seconds", "[loadtest][report]") {
  const auto run = parsed(small_result());
  CHECK(cores_used(run.processes[0], run.series) == line{2.0, 0.5, 1.0});
}

TEST_CASE("a process that was replaced leaves a gap, not a negative use", "[loadtest][report]") {
  auto document = small_result();
  document.at("processes").at(0).as_object()["cpu_s"] = boost::json::parse("[1.0,0.25,0.5]");
  const auto run = parsed(document);
  CHECK(cores_used(run.processes[0], run.series) == line{2.0, std::nullopt, 0.5});
  CHECK_FALSE(value_of(figures_of(run), "CPU per ack, parleyd"));
}

TEST_CASE("a process that ended early is measured until then", "[loadtest][report]") {
  auto document = small_result();
  auto& process = document.at("processes").at(0).as_object();
  process["cpu_s"] = boost::json::parse("[1.0,1.25]");
  process["rss_bytes"] = boost::json::parse("[1,2]");
  const auto run = parsed(document);
  CHECK(cores_used(run.processes[0], run.series) == line{2.0, 0.5, std::nullopt});
  CHECK(memory_held(run.processes[0], run.series) == line{1.0, 2.0, std::nullopt});
  CHECK(value_of(figures_of(run), "CPU per ack, parleyd") == Approx(1.25e6 / 6));
}

TEST_CASE("ratios are to the first run, and only where both have a figure", "[loadtest][report]") {
  auto document = small_result();
  document.at("totals").as_object()["acks"] = 25;
  document.as_object()["processes"] = boost::json::array();
  const auto rows = compare({parsed(small_result()), parsed(document)});
  CHECK(row_of(rows, "acks").ratios == line{std::nullopt, 2.5});
  CHECK(row_of(rows, "acks").way == better::higher);
  CHECK(row_of(rows, "publish to ack p99").ratios == line{std::nullopt, 1.0});
  CHECK(row_of(rows, "cores, parleyd").values[1] == std::nullopt);
  CHECK(row_of(rows, "cores, parleyd").ratios == line{std::nullopt, std::nullopt});
  CHECK(row_of(rows, "violations").ratios == line{std::nullopt, std::nullopt});  // by 0 there is none
}

TEST_CASE("several processes of one name are told apart in the same way in every run", "[loadtest][report]") {
  auto document = small_result();
  auto twin = document.at("processes").at(0);
  twin.as_object()["pid"] = 99;
  document.at("processes").as_array().push_back(twin);
  const auto run = parsed(document);
  CHECK(label_of(run.processes[0], run) == "parleyd #1");
  CHECK(label_of(run.processes[1], run) == "parleyd #2");
}

TEST_CASE("the percentile curve ends at the largest value and one nine a decade", "[loadtest][report]") {
  const auto curve = curve_of(parsed(small_result()).latencies.at("publish_to_ack"));
  // 5 of 10 within 200 us: p50 is at 1 / (1 - 0.5). 9 of 10 within 400 us. The last one is the maximum.
  CHECK(curve.x == std::vector<double>{1, 2, 10});
  CHECK(curve.y_us == std::vector<double>{100, 200, 950});
}

TEST_CASE("numbers are written for people", "[loadtest][report]") {
  CHECK(readable(0) == "0");
  CHECK(readable(0.0412) == "0.0412");
  CHECK(readable(7.8149) == "7.81");
  CHECK(readable(42) == "42");
  CHECK(readable(999.7) == "1,000");
  CHECK(readable(1234567) == "1,234,567");
  CHECK(with_unit(412, "us") == "412 \u00b5s");
  CHECK(with_unit(3910, "us") == "3.91 ms");
  CHECK(with_unit(2.5e6, "us") == "2.50 s");
  CHECK(as_bytes(1.4e12) == "1.40 TB");
  CHECK(as_bytes(12) == "12 B");
}

}  // namespace
}  // namespace parley::load::reporting
