// What parleyctl asks of an endpoint before it becomes the cluster's.
#include "storage/redis/try_endpoint.hpp"
#include "tests/support/private_redis.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::testing;

namespace {

std::string answer_of(const std::string& url) {
  const auto endpoint = parse_redis_url(url);
  REQUIRE(endpoint.has_value());
  const auto why = try_endpoint(*endpoint, milliseconds{500});
  return why ? why->detail : "it answers";
}

}  // namespace

TEST_CASE("a server that lets us in and answers is fine; others say why not", "[redis][endpoints]") {
  private_redis server({"--requirepass", "hush"});
  CHECK(answer_of("redis://:hush@" + server.where()) == "it answers");
  CHECK(answer_of(server.url()).find("refused: NOAUTH") == 0);
  const auto wrong = answer_of("redis://:loud@" + server.where());
  CHECK(wrong.find("refused: WRONGPASS") == 0);
  CHECK(wrong.find("loud") == std::string::npos);
  CHECK(answer_of("redis+cluster://:hush@" + server.where()).find("cluster support disabled") != std::string::npos);
  CHECK(answer_of("redis://127.0.0.1:" + std::to_string(free_port())).find("connect: ") == 0);
  server.pause();
  CHECK(answer_of("redis://:hush@" + server.where()) == "no answer in time");
  server.resume();
}
