#include "net/http/fault_rules.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

namespace {

const std::string key = "Parley-Development: faults\r\n";

http_request_head head_of(const std::string& first, const std::string& lines,
                          const std::string& host = "127.0.0.1:8080") {
  auto parsed = parse_head(first + " HTTP/1.1\r\nHost: " + host + "\r\n" + lines + "\r\n");
  return std::get<http_request_head>(std::move(parsed));
}

auto asked(const std::string& first, const std::string& body = "", const std::string& lines = key) {
  return read_fault_request(head_of(first, lines), body, true);
}

unsigned status_of(const std::variant<fault_wish, http_answer>& what) {
  const auto* refused = std::get_if<http_answer>(&what);
  return refused == nullptr ? 200 : refused->status;
}

template <class Wish>
Wish wish(const std::variant<fault_wish, http_answer>& what) {
  return std::get<Wish>(std::get<fault_wish>(what));
}

std::string header_of(const http_answer& answer, std::string_view name) {
  for (const auto& [known, value] : answer.headers)
    if (known == name) return value;
  return "";
}

}  // namespace

TEST_CASE("each path under /dev/ has its one method and its body", "[net][http][faults]") {
  wish<fault_ask::status>(asked("GET /dev/faults"));
  wish<fault_ask::kill>(asked("POST /dev/faults/kill"));
  CHECK(wish<fault_ask::history_delay>(asked("PUT /dev/faults/history_delay", R"({"ms":3000})")).delay ==
        milliseconds{3000});
  CHECK(wish<fault_ask::history_delay>(asked("PUT /dev/faults/history_delay", R"({"ms":0})")).delay == milliseconds{0});
  CHECK(wish<fault_ask::history_delay>(asked("PUT /dev/faults/history_delay", R"({"ms":10000})")).delay ==
        milliseconds{10'000});
  CHECK_FALSE(wish<fault_ask::fan_out>(asked("PUT /dev/faults/fan_out", R"({"state":"stopped"})")).is_running);
  CHECK(wish<fault_ask::fan_out>(asked("PUT /dev/faults/fan_out", R"({"state":"running"})")).is_running);
  CHECK(wish<fault_ask::owner>(asked("GET /dev/rooms/a%40b/owner")).room == "a@b");
  for (const std::string wrong : {"POST /dev/faults", "GET /dev/faults/kill", "POST /dev/faults/fan_out",
                                  "DELETE /dev/faults/history_delay", "PUT /dev/rooms/a/owner"}) {
    const auto refused = asked(wrong);
    CAPTURE(wrong);
    REQUIRE(status_of(refused) == 405);
    CHECK_FALSE(header_of(std::get<http_answer>(refused), "Allow").empty());
  }
  for (const std::string nothing : {"GET /dev/", "GET /dev/fault", "GET /dev/faults/", "GET /dev/rooms/a",
                                    "GET /dev/rooms/a/owner/x", "PUT /dev/faults/redis"})
    CHECK(status_of(asked(nothing)) == 404);
}

TEST_CASE("a body that says something else is 400 and says what it should be", "[net][http][faults][bad_input]") {
  for (const std::string body : {"", "3000", "[]", "{}", R"({"ms":-1})", R"({"ms":10001})", R"({"ms":1.5})",
                                 R"({"ms":"3000"})", R"({"ms":null})", R"({"ms":3000)", R"({"ms":1e300})"}) {
    CAPTURE(body);
    const auto refused = asked("PUT /dev/faults/history_delay", body);
    REQUIRE(status_of(refused) == 400);
    CHECK(std::get<http_answer>(refused).body.find("from 0 to 10000") != std::string::npos);
  }
  for (const std::string body : {"", "{}", R"({"state":"on"})", R"({"state":true})", R"("stopped")"}) {
    CAPTURE(body);
    CHECK(status_of(asked("PUT /dev/faults/fan_out", body)) == 400);
  }
  CHECK(status_of(asked("GET /dev/rooms/a%20b/owner")) == 400);
}

TEST_CASE("who is not this machine, or a page that nobody expects, may not ask for faults",
          "[net][http][faults][bad_input]") {
  CHECK(status_of(read_fault_request(head_of("GET /dev/faults", key), "", false)) == 403);
  for (const std::string& lines :
       {std::string{}, std::string{"Parley-Development: yes\r\n"}, key + "Origin: https://evil.example\r\n",
        key + "Origin: null\r\n", key + "X-Forwarded-For: 192.0.2.1\r\n", key + "Forwarded: for=192.0.2.1\r\n"}) {
    CAPTURE(lines);
    const auto refused = asked("GET /dev/faults", "", lines);
    REQUIRE(status_of(refused) == 403);
    CHECK(std::get<http_answer>(refused).body.find(R"("code":4030)") != std::string::npos);
  }
  // A name that resolves to 127.0.0.1 is another page's, and that page is of the same origin there.
  CHECK(status_of(read_fault_request(head_of("GET /dev/faults", key, "evil.example"), "", true)) == 403);
  for (const std::string host : {"localhost:8080", "[::1]:8080", "127.0.0.1"})
    CHECK(status_of(read_fault_request(head_of("GET /dev/faults", key, host), "", true)) == 200);
}

TEST_CASE("a page of another loopback origin may ask, after a preflight, and read the answer", "[net][http][faults]") {
  const auto preflight = head_of("OPTIONS /dev/faults/kill", "Origin: http://localhost:3000\r\n");
  wish<fault_ask::preflight>(read_fault_request(preflight, "", true));
  http_answer answer;
  let_page_read(answer, preflight);
  CHECK(header_of(answer, "Access-Control-Allow-Origin") == "http://localhost:3000");
  CHECK(header_of(answer, "Access-Control-Allow-Headers").find("Parley-Development") != std::string::npos);
  CHECK(header_of(answer, "Access-Control-Allow-Methods") == "GET, PUT, POST");

  http_answer second;
  let_page_read(second, head_of("GET /dev/faults", key + "Origin: http://127.0.0.1:8081\r\n"));
  CHECK(header_of(second, "Access-Control-Allow-Origin") == "http://127.0.0.1:8081");
  CHECK(header_of(second, "Access-Control-Allow-Methods").empty());

  for (const std::string lines : {"Origin: https://evil.example\r\n", ""}) {
    http_answer foreign;
    let_page_read(foreign, head_of("OPTIONS /dev/faults", lines));
    CHECK(foreign.headers.empty());
  }
  CHECK(status_of(read_fault_request(head_of("OPTIONS /dev/faults", "Origin: https://evil.example\r\n"), "", true)) ==
        403);
}
