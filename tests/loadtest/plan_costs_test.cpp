#include "loadtest/plan/assets.hpp"
#include "loadtest/plan/cost_table.hpp"
#include "loadtest/plan/costs.hpp"
#include "loadtest/plan/odd_input.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parley::load::planning {
namespace {

using Catch::Contains;

std::string shipped() { return std::string(asset("costs.toml")); }

/// The shipped file with one part of it replaced.
std::string with(const std::string& part, const std::string& by) {
  auto text = shipped();
  const auto at = text.find(part);
  REQUIRE(at != text.npos);
  return text.replace(at, part.size(), by);
}

std::string refusal_of(const std::string& text) {
  try {
    parse_costs(text, "mine.toml");
  } catch (const odd_input& odd) {
    return odd.what();
  }
  return "it was taken";
}

TEST_CASE("the shipped costs say of each how it is known", "[loadtest][plan]") {
  const auto unit = shipped_costs();
  CHECK_THAT(unit.about, Contains("docs/performance.md"));
  for (const auto& entry : cost_entries()) {
    INFO(entry.name);
    CHECK((unit.*entry.member).value > 0);
    CHECK_FALSE((unit.*entry.member).what.empty());
  }
  CHECK(unit.deliver_us.kind == provenance::measured);
  CHECK(unit.room_bytes.kind == provenance::goal);
}

TEST_CASE("an event costs less in a larger batch, along what a batch shares", "[loadtest][plan]") {
  batch_cost cost;
  cost.points = {{1, 290}, {100, 20}};
  CHECK(cost.us_per_event(1) == Approx(290));
  CHECK(cost.us_per_event(100) == Approx(20));
  // (290 - 20) / (1 - 1/100) = 272.7 us a batch and 17.3 us an event.
  CHECK(cost.us_per_event(10) == Approx(17.27 + 27.27).epsilon(0.001));
  CHECK(cost.us_per_event(10'000) == Approx(20));  // nothing was measured there
}

TEST_CASE("a file of costs that cannot be trusted is refused where it is wrong", "[loadtest][plan]") {
  CHECK_THAT(refusal_of("value ="), Contains("mine.toml, line 1"));
  CHECK_THAT(refusal_of("x = 1"), Contains("is this a file of costs?"));
  CHECK_THAT(refusal_of(with("[deliver]", "[delivery]")), Contains("the cost [deliver] is missing"));
  CHECK_THAT(refusal_of(shipped() + "\n[extra]\nvalue = 1\n"), Contains("no cost is called \"extra\""));
  CHECK_THAT(refusal_of(with("value = 8.9", "value = -1")), Contains("deliver.value must be a number from 0 on"));
  CHECK_THAT(refusal_of(with("value = 8.9", "value = \"10\"")), Contains("deliver.value"));
  CHECK_THAT(refusal_of(with("unit = \"us/s\"", "unit = \"ms/s\"")), Contains("idle.unit must be \"us/s\""));
  CHECK_THAT(refusal_of(with("kind = \"goal\"", "kind = \"hope\"")), Contains("room.kind must be"));
  CHECK_THAT(refusal_of(with("points = [[1, 210.0], [100, 14.0]]", "points = [[100, 1], [1, 2]]")), Contains("ascend"));
  CHECK_THAT(refusal_of(with("points = [[1, 210.0], [100, 14.0]]", "points = 3")), Contains("event.points"));
  CHECK_THAT(refusal_of(with("on = \"2026-11-27\"", "")), Contains("machine and on are needed"));
}

}  // namespace
}  // namespace parley::load::planning
