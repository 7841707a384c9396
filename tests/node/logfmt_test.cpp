#include "node/logfmt.hpp"
#include "node/repeat_limit.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace std::chrono_literals;

namespace {

const unix_time noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + 12h + 345ms};
std::string value_of(std::string value) {
  const auto line = logfmt_line(noon, log_level::info, "x", {{"f", std::move(value)}});
  return line.substr(line.find(" f=") + 3);
}

}  // namespace

TEST_CASE("a line has its time, level, event and fields", "[node][log]") {
  CHECK(logfmt_line(noon, log_level::warn, "lease.lost", {{"shard", "12"}, {"owner", "n2"}}) ==
        "ts=2026-01-02T12:00:00.345Z level=warn event=lease.lost shard=12 owner=n2");
}

TEST_CASE("whatever a value holds, it stays one field of one line", "[node][log]") {
  CHECK(value_of("plain-1.2:3/4") == "plain-1.2:3/4");
  CHECK(value_of("") == "\"\"");
  CHECK(value_of("two words") == "\"two words\"");
  CHECK(value_of("a=b") == "\"a=b\"");
  CHECK(value_of("say \"hi\" \\") == "\"say \\\"hi\\\" \\\\\"");
  CHECK(value_of("a\nlevel=error\r\x1b[31m\t") == "\"a\\nlevel=error\\x0d\\x1b[31m\\t\"");
  CHECK(value_of("\xC3\xA9\xFF") == "\"\\xc3\\xa9\\xff\"");
  CHECK(value_of(std::string{"\0", 1}) == "\"\\x00\"");
}

TEST_CASE("a long value is cut, and the cut shows", "[node][log]") {
  const auto shown = value_of(std::string(5'000, 'a'));
  CHECK(shown == "\"" + std::string(value_bytes_max, 'a') + "...\"");
}

TEST_CASE("repeats are held back within a window and counted", "[node][log]") {
  repeat_limit limit{2, 10s};
  const instant start{100s};
  CHECK(limit.admits("a", start));
  CHECK(limit.admits("a", start + 1s));
  CHECK_FALSE(limit.admits("a", start + 2s));
  CHECK_FALSE(limit.admits("a", start + 9s));
  CHECK(limit.admits("b", start + 9s));
  CHECK(limit.ended(start + 9s).empty());

  const auto held_back = limit.ended(start + 10s);
  REQUIRE(held_back.size() == 1);
  CHECK(held_back[0].event == "a");
  CHECK(held_back[0].lines == 2);
  CHECK(limit.ended(start + 10s).empty());
  CHECK(limit.admits("a", start + 10s));
}

TEST_CASE("an event that is rare enough is never held back", "[node][log]") {
  repeat_limit limit{1, 10s};
  for (int n = 0; n < 100; ++n) CHECK(limit.admits("a", instant{n * 10s}));
}
