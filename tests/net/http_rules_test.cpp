#include "net/http/http_head.hpp"
#include "net/http/route.hpp"
#include "net/http/target.hpp"
#include "net/http/upgrade_rules.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

namespace {

std::string head_with(std::string lines, std::string first = "GET / HTTP/1.1", std::string host = "Host: x\r\n") {
  return first + "\r\n" + host + lines + "\r\n";
}

unsigned status_of(const std::string& bytes) {
  const auto parsed = parse_head(bytes);
  if (const auto* refused = std::get_if<http_answer>(&parsed)) return refused->status;
  const auto routed = route(std::get<http_request_head>(parsed), limits{});
  const auto* refused = std::get_if<http_answer>(&routed);
  return refused == nullptr ? 200 : refused->status;
}

}  // namespace

TEST_CASE("a head that proxies could understand differently is 400", "[net][http][bad_input]") {
  CHECK(status_of(head_with("")) == 200);
  CHECK(status_of(head_with("", "GET / HTTP/1.0", "")) == 200);
  for (const std::string lines :
       {"Host: y\r\n", "Content-Length: 0\r\nContent-Length: 5\r\n", "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "nonsense\r\n", "A : b\r\n", "A: b\r\n c\r\n",
        "A: b\r\n\tc\r\n",
        "A: a\x01"
        "b\r\n",
        "A: a\nB: b\r\n", "A: a\rb\r\n", "Content-Length: -1\r\n", "Content-Length: x\r\n",
        "Idempotency-Key: a\r\nidempotency-key: b\r\n", "Parley-User: ana\r\nParley-User: bob\r\n",
        "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", "Last-Event-ID: 1:1\r\nLast-Event-ID: 1:2\r\n",
        "Origin: http://a\r\nOrigin: http://b\r\n"}) {
    CAPTURE(lines);
    CHECK(status_of(head_with(lines)) == 400);
  }
  CHECK(status_of(head_with("", "GET / HTTP/1.1", "")) == 400);
  for (const std::string first : {"GET", "GET /", "GET / HTTP/9.9", "PRI * HTTP/2.0", "", "GET  / HTTP/1.1"})
    CHECK(status_of(head_with("", first)) == 400);
}

TEST_CASE("a path is found, unknown or knows another method", "[net][http]") {
  const auto with = [](std::string method, std::string target) {
    return status_of(head_with("", method + ' ' + target + " HTTP/1.1"));
  };
  for (const std::string target :
       {"/", "/healthz", "/page/demo.js", "/v1/rooms/a/messages?limit=3", "/v1/rooms/a/events",
        "/v1/rooms/%61/stream?rewind=5", "/version?x=1", "/v1/ws", "/v1/ws?x=%zz"})
    CHECK(with("GET", target) == 200);
  for (const std::string target : {"/v1", "/v1/rooms", "/v1/rooms/a", "/v1/rooms/a/b", "/healthz/", "/page/a/b", "//"})
    CHECK(with("GET", target) == 404);
  for (const std::string target :
       {"/v1/rooms/a%20b/messages", "/v1/rooms/%/events", "/v1/rooms/%zz/events", "/v1/rooms/%2e%2e/stream",
        "/v1/rooms/a/messages?limit=201", "/v1/rooms/a/messages?limit=-1", "/v1/rooms/a/events?before=1&after=2",
        "/v1/rooms/a/stream?rewind=1001", "*"})
    CHECK(with("GET", target) == 400);
  CHECK(with("PUT", "/v1/rooms/a/messages") == 405);
  CHECK(with("POST", "/healthz") == 405);
  CHECK(with("DELETE", "/v1/rooms/a/stream") == 405);
}

TEST_CASE("Last-Event-ID wins over rewind, a malformed one is 400, an empty one is absent", "[net][http][sse][G8]") {
  const auto of = [](std::string lines) {
    const auto parsed = parse_head(head_with(std::move(lines), "GET /v1/rooms/a/stream?rewind=5 HTTP/1.1"));
    return route(std::get<http_request_head>(parsed), limits{});
  };
  const auto options = [](const auto& routed) { return std::get<ask::stream>(std::get<http_wish>(routed)).options; };
  CHECK(options(of("Last-Event-ID: 7:41\r\n")).since == position{term{7}, seq{41}});
  CHECK_FALSE(options(of("Last-Event-ID: 7:41\r\n")).rewind);
  CHECK(options(of("Last-Event-ID:\r\n")).rewind == 5);
  CHECK(std::get<http_answer>(of("Last-Event-ID: 41\r\n")).status == 400);
}

TEST_CASE("only loopback and listed origins may connect", "[net][http][bad_input]") {
  const origin_policy policy{{"https://chat.example"}, true};
  for (const std::string good : {"http://127.0.0.1", "http://127.0.0.1:8080", "http://localhost:3000",
                                 "https://localhost", "http://[::1]:8080", "https://chat.example", "http://127.9.9.9"})
    CHECK(policy.allows(good));
  for (const std::string bad :
       {"", "null", "https://evil.com", "http://localhost.evil.com", "http://127.0.0.1.evil.com",
        "http://localhost@evil.com", "http://127.0.0.1evil.com", "file://", "http://128.0.0.1", "localhost", "http://",
        "https://chat.example:443", "https://CHAT.example", "http://chat.example", "http://[::1].evil.com",
        "http://localhost:x", "http://127.1"})
    CHECK_FALSE(policy.allows(bad));
  CHECK_FALSE(origin_policy{{}, false}.allows("http://localhost"));
}

TEST_CASE("an upgrade by the book passes, any other is refused with the right status", "[net][http][bad_input]") {
  const auto status = [](std::string lines, std::string first = "GET /v1/ws HTTP/1.1") {
    const auto parsed = parse_head(head_with(std::move(lines), std::move(first)));
    if (const auto* refused = std::get_if<http_answer>(&parsed)) return refused->status;
    const auto checked = check_upgrade(std::get<http_request_head>(parsed), {{}, true});
    const auto* refused = std::get_if<http_answer>(&checked);
    return refused == nullptr ? 101 : refused->status;
  };
  const std::string up = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n", key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  CHECK(status(up + version + key) == 101);
  CHECK(status(up + version + key + "Origin: http://localhost\r\n") == 101);
  CHECK(status(up + version + key + "Origin: null\r\n") == 403);
  CHECK(status(up + key + "Sec-WebSocket-Version: 8\r\n") == 426);
  CHECK(status(version + key) == 400);
  CHECK(status(up + version) == 400);
  CHECK(status(up + version + "Sec-WebSocket-Key: AAAA\r\n") == 400);
  CHECK(status(up + version + key + "Content-Length: 4\r\n") == 400);
  CHECK(status(up + version + key, "POST /v1/ws HTTP/1.1") == 405);
  CHECK(status(up + version + key, "GET /v1/ws HTTP/1.0") == 400);
  CHECK(status(up + version + key + "Sec-WebSocket-Protocol: chat\r\n") == 400);
  CHECK(status(up + version + key + "Sec-WebSocket-Protocol: chat, parley.v1.proto\r\n") == 101);
}
