#include "loadtest/load/presets.hpp"
#include "loadtest/load/scenario_file.hpp"

#include <catch2/catch.hpp>

namespace parley::load {
namespace {

scenario read(const std::string& text, std::vector<mistake>& wrong) { return read_scenario("s.toml", text, wrong); }

bool has(const std::vector<mistake>& all, const std::string& where, const std::string& what) {
  for (const auto& one : all)
    if (one.where == where && one.what.find(what) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("a scenario file starts from its scenario and changes what it names", "[load][scenario]") {
  std::vector<mistake> wrong;
  const auto s = read(
      "scenario = \"fanout\"\nreaders = 500\npublish_rate = 12.5\ntargets = [\"ws://a:1\", \"ws://b:2\"]\n"
      "encoding = \"both\"\nexpect_resets = true\nwarm_up_s = 3\n",
      wrong);
  CHECK(report(wrong) == report({}));
  CHECK(s.name == "fanout");
  CHECK(s.values.readers == 500);
  CHECK(s.values.writers == 1);  // the scenario's own
  CHECK(s.values.publish_rate == 12.5);
  CHECK(s.values.warm_up_s == 3);
  CHECK(s.values.targets == std::vector<std::string>{"ws://a:1", "ws://b:2"});
  CHECK(s.values.encoding == "both");
  CHECK(s.values.expect_resets);
}

TEST_CASE("all mistakes of a file are told at once, each with its line and what to do", "[load][scenario]") {
  std::vector<mistake> wrong;
  read("scenario = \"fanout\"\nreader = 5\nrooms = \"many\"\npublish_rate = -1\nencoding = \"xml\"\ntargets = [1]\n",
       wrong);
  REQUIRE(wrong.size() == 5);
  CHECK(has(wrong, "s.toml:2", "unknown key \"reader\", did you mean \"readers\"?"));
  CHECK(has(wrong, "s.toml:3", "rooms takes a whole number from 1 to 1000000"));
  CHECK(has(wrong, "s.toml:4", "publish_rate takes a number from 0"));
  CHECK(has(wrong, "s.toml:5", "encoding takes \"json\" or \"proto\" or \"both\""));
  CHECK(has(wrong, "s.toml:6", "targets takes a list of texts"));
}

TEST_CASE("a file without a scenario, with an unknown one or that is no TOML says so", "[load][scenario]") {
  std::vector<mistake> none, unknown, broken;
  read("readers = 5\n", none);
  CHECK(has(none, "s.toml", "needs scenario = \"NAME\", one of fanout, rooms,"));
  read("scenario = \"fan-out\"\n", unknown);
  CHECK(has(unknown, "s.toml:1", "did you mean \"fanout\"?"));
  read("scenario = \n", broken);
  CHECK(has(broken, "s.toml:1", "is not TOML"));
}

TEST_CASE("every scenario is sound as it stands", "[load][scenario]") {
  for (const auto& one : presets()) {
    parameters p;
    one.apply(p);
    CAPTURE(std::string(one.name), report(contradictions(p)));
    CHECK(contradictions(p).empty());
  }
  CHECK(presets().size() == 9);
}

TEST_CASE("every parameter's flag takes its own default back", "[load][scenario]") {
  const parameters defaults;
  for (const auto& one : parameter_table()) {
    CAPTURE(std::string(one.key));
    parameters changed;
    CHECK_FALSE(one.assign(changed, one.value(defaults)));
    CHECK(one.flag().starts_with("--"));
    CHECK(one.flag().find('_') == std::string::npos);
  }
}

TEST_CASE("a flag's text is judged like a file's value", "[load][scenario]") {
  parameters p;
  CHECK_FALSE(find_parameter("readers")->assign_text(p, {"12"}));
  CHECK(p.readers == 12);
  CHECK(find_parameter("readers")->assign_text(p, {"12.5"}));
  CHECK(find_parameter("readers")->assign_text(p, {"-1"}));
  CHECK(find_parameter("readers")->assign_text(p, {"12x"}));
  CHECK(find_parameter("drop_share")->assign_text(p, {"nan"}));
  CHECK_FALSE(find_parameter("targets")->assign_text(p, {"a", "b"}));
  CHECK(p.targets.size() == 2);
  CHECK(p.readers == 12);
}

TEST_CASE("parameters that contradict each other are told together", "[load][scenario]") {
  parameters p;
  CHECK(has(contradictions(p), "readers", "a load needs one of them"));
  p.readers = 10;
  p.stalled = 11;
  p.publish_rate = 5;
  p.rooms_each = 3;
  const auto wrong = contradictions(p);
  CHECK(has(wrong, "stalled", "more than there are readers (10)"));
  CHECK(has(wrong, "publish_rate", "needs writers"));
  CHECK(has(wrong, "rooms_each", "more than there are rooms (1)"));
}

TEST_CASE("a burst is no more than may be under way", "[load][scenario]") {
  parameters p;
  p.writers = 2;
  p.burst = 8;
  p.window = 7;
  CHECK(has(contradictions(p), "burst", "more than may be under way (7)"));
  p.window = 8;
  CHECK(contradictions(p).empty());
  p.window = 1;
  p.publish_rate = 100;  // an open loop has no window
  CHECK(contradictions(p).empty());
  p.unanswered_max = 7;
  CHECK(has(contradictions(p), "burst", "more than may be under way (7)"));
  p.writers = 0;
  p.publish_rate = 0;
  p.replay = "logs";
  CHECK(has(contradictions(p), "burst", "have their own moments"));
}

TEST_CASE("targets of readers need readers", "[load][scenario]") {
  parameters p;
  p.writers = 1;
  p.reader_targets = {"ws://127.0.0.1:1"};
  CHECK(has(contradictions(p), "reader_targets", "needs readers"));
  p.readers = 1;
  CHECK(contradictions(p).empty());
}

TEST_CASE("a loop closed by deliveries needs all readers alike", "[load][scenario]") {
  parameters p;
  p.window_of = "deliveries";
  p.readers = 10;
  p.writers = 1;
  p.rooms = 3;
  CHECK(has(contradictions(p), "window_of", "as many readers in each room"));
  p.rooms = 5;
  CHECK(contradictions(p).empty());
  p.drop_every_s = 1;
  CHECK(has(contradictions(p), "window_of", "none may stall or drop"));
}

}  // namespace parley::load
