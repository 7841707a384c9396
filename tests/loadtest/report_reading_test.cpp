#include "loadtest/report/read_result.hpp"
#include "tests/loadtest/given_result.hpp"

namespace parley::load::reporting {
namespace {

using Catch::Contains;

TEST_CASE("a result file is read whole", "[loadtest][report]") {
  const auto run = parsed(small_result());
  CHECK(run.file == "small.json");
  CHECK(run.scenario == "fanout");
  CHECK(run.parameters == std::vector<std::pair<std::string, std::string>>{{"rooms", "1"}, {"mode", "open"}});
  CHECK(run.acks == 10);
  CHECK(run.errors == std::vector<std::pair<std::string, std::uint64_t>>{{"unavailable", 1}});
  CHECK(run.latencies.at("publish_to_ack").buckets.size() == 3);
  CHECK(run.series.interval_s == 0.5);
  CHECK(run.processes.at(0).cpu_s == std::vector<double>{1.0, 1.25, 1.75});
  CHECK(run.ceiling_per_s == 1000);
  CHECK(run.violation_count == 0);
  CHECK_FALSE(run.is_above_half);
}

TEST_CASE("a file on disk is named without its folder", "[loadtest][report]") {
  CHECK(read_result(before_path).file == "fanout_before.json");
  CHECK(read_result(after_path).acks > 0);
}

TEST_CASE("every member that a report counts on is missed by its name", "[loadtest][report]") {
  const auto member =
      GENERATE(as<std::string>{}, "scenario", "started", "machine", "version", "commit", "partial", "measured_s",
               "targets", "connections", "totals", "violations", "latency_us", "series", "processes", "generator");
  auto document = small_result();
  document.as_object().erase(member);
  CHECK(refusal_of(document) == "small.json: \"" + member + "\" is missing");
}

TEST_CASE("what is no result is refused with what it is instead", "[loadtest][report]") {
  CHECK_THAT(refusal_of_text("hello"), Contains("no JSON"));
  CHECK_THAT(refusal_of_text(R"({"goal":"P1"})"), Contains("lacks \"format\""));
  CHECK_THAT(refusal_of_text("[1]"), Contains("lacks \"format\""));
  auto document = small_result();
  document.as_object()["format"] = "parley-load/2";
  CHECK_THAT(refusal_of(document), Contains("parley-load/2") && Contains("parley-load/1"));
  CHECK_THROWS_WITH(read_result("/nowhere/at/all.json"), Contains("cannot be read") && Contains("No such file"));
  CHECK_THROWS_WITH(read_result(PARLEY_TEST_DATA), Contains("it is a folder"));
}

TEST_CASE("a file that contradicts itself is refused where it does", "[loadtest][report]") {
  auto document = small_result();
  auto& latency = document.at("latency_us").at("publish_to_ack").as_object();
  SECTION("buckets that hold more than was counted") {
    latency["count"] = 9;
    CHECK_THAT(refusal_of(document), Contains("the buckets hold 10 values, count says 9"));
  }
  SECTION("buckets that do not ascend") {
    latency["buckets"] = boost::json::parse("[[400,5],[200,5]]");
    CHECK_THAT(refusal_of(document), Contains("buckets[1]: buckets must ascend"));
  }
  SECTION("a series of another length") {
    document.at("series").as_object()["acks"] = boost::json::parse("[1,2]");
    CHECK_THAT(refusal_of(document), Contains("series.acks: 2 items, but t_s has 3"));
  }
  SECTION("time that stands still") {
    document.at("series").as_object()["t_s"] = boost::json::parse("[1,1,2]");
    CHECK_THAT(refusal_of(document), Contains("time must ascend"));
  }
  SECTION("an interval of no time") {
    document.at("series").as_object()["interval_s"] = 0;
    CHECK_THAT(refusal_of(document), Contains("series.interval_s"));
  }
  SECTION("a process with too many samples") {
    document.at("processes").at(0).as_object()["cpu_s"] = boost::json::parse("[1,2,3,4,5]");
    CHECK_THAT(refusal_of(document), Contains("processes[0].cpu_s: 5 samples for 3 intervals"));
  }
  SECTION("a process whose samples differ in number") {
    document.at("processes").at(0).as_object()["cpu_s"] = boost::json::parse("[1]");
    CHECK_THAT(refusal_of(document), Contains("processes[0]: cpu_s and rss_bytes differ in length"));
  }
  SECTION("fewer violations than are listed") {
    document.as_object()["violations"] = boost::json::parse(R"([{"client":"c","room":"r","rule":"o","saw":"s"}])");
    document.as_object()["violation_count"] = 0;
    CHECK_THAT(refusal_of(document), Contains("violation_count: less than"));
  }
  SECTION("a negative number") {
    document.as_object()["measured_s"] = -1;
    CHECK_THAT(refusal_of(document), Contains("measured_s"));
  }
}

TEST_CASE("a latency that nothing was counted for needs no figures", "[loadtest][report]") {
  auto document = small_result();
  document.at("latency_us").as_object()["resume_to_live"] = boost::json::parse(R"({"count":0,"buckets":[]})");
  CHECK(parsed(document).latencies.at("resume_to_live").count == 0);
}

}  // namespace
}  // namespace parley::load::reporting
