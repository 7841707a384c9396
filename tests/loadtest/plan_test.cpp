#include "loadtest/plan/plan.hpp"
#include "loadtest/plan/odd_input.hpp"
#include "loadtest/plan/plan_text.hpp"
#include "loadtest/plan/projection.hpp"
#include "tests/loadtest/given_costs.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace parley::load {
namespace {

using namespace planning;
using Catch::Contains;

const demand hundred_million{.connections = 100e6, .publishes = 1e6, .readers = 20, .nodes_holding = 15};

const limit& limit_of(const projection& p, const std::string& name) {
  const auto found = std::ranges::find(p.limits, name, &limit::name);
  INFO(name);
  REQUIRE(found != p.limits.end());
  return *found;
}

int plan(std::vector<std::string> arguments) {
  CLI::App app;
  add_plan(app);
  std::reverse(arguments.begin(), arguments.end());
  arguments.push_back("plan");
  try {
    app.parse(arguments);
  } catch (const CLI::Error& error) {
    return error.get_exit_code();
  }
  return 0;
}

// 100M sessions, 1M publishes/s to 20 online readers each on 15 nodes, half of each core: docs/performance.md.
TEST_CASE("the example of the docs comes out", "[loadtest][plan]") {
  const auto p = project(hundred_million, example_costs());
  CHECK(p.deliveries == Approx(20e6));
  CHECK(p.node_cores == Approx((250 + 300 + 12) / 0.5));  // about 1,120
  CHECK(p.node_memory_bytes == Approx(1.4e12));
  CHECK(p.postgres_write_cores == Approx(50));
  CHECK(p.postgres_cores == Approx(100));
  CHECK(p.databases == 13);
  CHECK(p.wal_bytes == Approx(0.6e9));
  CHECK(p.stored_bytes * 86'400 == Approx(30e12).epsilon(0.02));
  CHECK(p.redis_cores == Approx(45));
  CHECK(p.return_core_s == Approx(37e3).epsilon(0.02));
  CHECK(p.nodes == 71);
  // Each node: 45 endpoints x 2, 13 databases x 4, 70 peers.
  CHECK(p.mesh_links == Approx(71 * (90 + 52 + 70)));
}

TEST_CASE("what drives the cost comes in order and adds up", "[loadtest][plan]") {
  const auto p = project(hundred_million, example_costs());
  REQUIRE(p.drivers.size() == 5);
  CHECK(p.drivers[0].name == "deliveries");
  CHECK(p.drivers[1].name == "idle sessions");
  CHECK(std::ranges::is_sorted(p.drivers, std::greater<>(), &driver::busy_cores));
  double shares = 0;
  for (const auto& one : p.drivers) shares += one.share;
  CHECK(shares == Approx(1));
}

TEST_CASE("a whole machine is not split, and none is bought for a rounding error", "[loadtest][plan]") {
  auto asked = demand{.connections = 1000, .publishes = 1, .readers = 1};
  CHECK(project(asked, example_costs()).nodes == 1);
  CHECK(project(asked, example_costs()).databases == 1);
  asked.nodes_holding = 0;
  asked.readers = 0;
  CHECK(project(asked, example_costs()).redis_endpoints == 1);
  asked = demand{.connections = 1e6, .publishes = 320e3, .readers = 0, .nodes_holding = 0};
  CHECK(project(asked, example_costs()).databases == 4);  // 320k x 25 us / 0.5 x 2 = 32 cores, to the hair
}

TEST_CASE("limits are named, and those that are reached are marked", "[loadtest][plan]") {
  const auto large = project(hundred_million, example_costs());
  for (const char* name :
       {"a room past one owner", "a commit over a WAN", "a zone lost", "packets", "ports", "the mesh", "retention"})
    CHECK_FALSE(limit_of(large, name).words.empty());
  CHECK_FALSE(limit_of(large, "a room past one owner").is_reached);
  CHECK(limit_of(large, "ports").is_reached);
  CHECK(limit_of(large, "retention").is_reached);
  CHECK(limit_of(large, "the mesh").is_reached);
  const auto crowd = project({.connections = 5e6, .publishes = 1, .readers = 2e6}, example_costs());
  CHECK(limit_of(crowd, "a room past one owner").is_reached);
  CHECK_FALSE(limit_of(crowd, "retention").is_reached);
}

TEST_CASE("every term that is taken as linear is named", "[loadtest][plan]") {
  const auto told = [](const demand& d) {
    std::string all;
    for (const auto& words : project(d, example_costs()).linear) all += words + "\n";
    return all;
  };
  CHECK_THAT(told(hundred_million), Contains("idle:") && Contains("deliver:") && Contains("publish:") &&
                                        Contains("session:") && Contains("event:") && Contains("redis:") &&
                                        Contains("wal:") && Contains("stored:") && Contains("target use"));
  CHECK_THAT(told(hundred_million), !Contains("join:"));
  auto with_joins = hundred_million;
  with_joins.joins = 1000;
  CHECK_THAT(told(with_joins), Contains("join:"));
}

TEST_CASE("an odd demand is refused in words that name it", "[loadtest][plan]") {
  const auto refusal = [](const std::function<void(demand&)>& spoil) -> std::string {
    auto asked = hundred_million;
    spoil(asked);
    try {
      check(asked);
    } catch (const odd_input& odd) {
      return odd.what();
    }
    return "it was taken";
  };
  CHECK_THAT(refusal([](auto& d) { d.connections = 0; }), Contains("--connections"));
  CHECK_THAT(refusal([](auto& d) { d.connections = std::nan(""); }), Contains("--connections"));
  CHECK_THAT(refusal([](auto& d) { d.publishes = -1; }), Contains("--publishes"));
  CHECK_THAT(refusal([](auto& d) { d.publishes = std::numeric_limits<double>::infinity(); }), Contains("--publishes"));
  CHECK_THAT(refusal([](auto& d) { d.readers = 200e6; }), Contains("a reader is a connection"));
  CHECK_THAT(refusal([](auto& d) { d.nodes_holding = 21; }), Contains("more than the 20 readers"));
  CHECK_THAT(refusal([](auto& d) { d.nodes_holding = 0; }), Contains("--nodes-holding"));
  CHECK_THAT(refusal([](auto& d) { d.batch = 0; }), Contains("--batch"));
  CHECK_THAT(refusal([](auto& d) { d.target_use = 50; }), Contains("0.5 for one half"));
  CHECK_THAT(refusal([](auto& d) { d.target_use = 0; }), Contains("--target-use"));
  CHECK_THAT(refusal([](auto& d) { d.joins = -1; }), Contains("--joins"));
  CHECK_THAT(refusal([](auto& d) { d.rooms = -1; }), Contains("--rooms"));
  CHECK_THAT(refusal([](auto& d) { d.cores_of_a_node = 0; }), Contains("--node-cores"));
  CHECK_THAT(refusal([](auto& d) { d.cores_of_a_database = 0; }), Contains("--database-cores"));
}

TEST_CASE("the text and the JSON of a plan say the same", "[loadtest][plan]") {
  const auto unit = shipped_costs();
  const auto p = project(hundred_million, unit);
  const auto text = as_text(hundred_million, unit, p);
  CHECK_THAT(text, Contains("node cores") && Contains("measured: P12") && Contains("measured: P3") &&
                       Contains("! ports:") && Contains("Joins are not counted"));
  const auto json = boost::json::parse(as_json(hundred_million, unit, p));
  CHECK(json.at("needs").at("node_cores").to_number<double>() == Approx(p.node_cores));
  CHECK(json.at("costs").at("idle").at("kind").as_string() == "measured");
  CHECK(json.at("linear").as_array().size() == p.linear.size());
  CHECK(json.at("limits").as_array().size() == p.limits.size());
}

TEST_CASE("`plan` understands 100M, and ends with 64 for an odd demand and 65 for odd costs", "[loadtest][plan]") {
  const std::vector<std::string> fine{"--connections", "100M", "--publishes",     "1M",
                                      "--readers",     "20",   "--nodes-holding", "15"};
  const auto with = [&](std::vector<std::string> more) {
    auto all = fine;
    all.insert(all.end(), more.begin(), more.end());
    return plan(all);
  };
  CHECK(plan(fine) == 0);
  CHECK(with({"--json"}) == 0);
  CHECK(with({"--target-use", "1.5"}) == 64);
  CHECK(with({"--costs", "/nowhere/costs.toml"}) == 65);
  CHECK(with({"--batch", "ten"}) != 0);
  CHECK(plan({"--connections", "1k"}) != 0);
}

}  // namespace
}  // namespace parley::load
