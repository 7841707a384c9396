#include "tests/node/told.hpp"

#include <catch2/catch.hpp>

using namespace parley;

TEST_CASE("the printed configuration, read again, is the same configuration", "[node][configuration]") {
  const told first{
      {"--dev", "--listen", "[::1]:9", "--origin", "https://a.example", "--fan-out-canary-period-ms", "99"}, {}, ""};
  const auto printed = effective_file(first.read());
  CAPTURE(printed);
  const auto again = told{{}, {}, printed}.read();
  REQUIRE(again.mistakes.empty());
  for (const auto& s : settings()) CHECK(s.show(again.options) == s.show(first.read().options));
}

TEST_CASE("the printed configuration says units, bounds, defaults and sources", "[node][configuration]") {
  const auto printed = effective_file(told{{}, {{"PARLEY_DRAIN_TIMEOUT_MS", "700"}}, ""}.read());
  CHECK(printed.find("# ms, 100 to 600000; default 10000; from PARLEY_DRAIN_TIMEOUT_MS\ndrain_timeout_ms = 700\n") !=
        std::string::npos);
  CHECK(printed.find("\n[limits]\n") != std::string::npos);
}

TEST_CASE("a printed password is masked, and the line cannot be taken for a value", "[node][configuration]") {
  const auto printed = effective_file(told{{}, {{"PARLEY_POSTGRES", "postgresql://u:s3cret@h/d"}}, ""}.read());
  CHECK(printed.find("s3cret") == std::string::npos);
  CHECK(printed.find("\n# postgres = [\"postgresql://u:***@h/d\"]") != std::string::npos);
}

TEST_CASE("a key of the live path is shown neither printed nor refused", "[node][configuration][security]") {
  const std::string key(64, 'a'), wrong = "s3cret";
  const auto printed = effective_file(told{{}, {{"PARLEY_FAN_OUT_KEYS", key}}, ""}.read());
  CHECK(printed.find(key) == std::string::npos);
  CHECK(printed.find("\n# keys = [\"***\"]") != std::string::npos);
  const auto refused = told{{}, {{"PARLEY_FAN_OUT_KEYS", wrong}}, ""}.read();
  REQUIRE(refused.mistakes.size() == 1);
  CHECK(refused.mistakes[0].text.find(wrong) == std::string::npos);
  CHECK(refused.mistakes[0].text.find("64 hexadecimal digits") != std::string::npos);
}
