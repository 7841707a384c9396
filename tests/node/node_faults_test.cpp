#include "node/node_faults.hpp"
#include "node/development_peer.hpp"
#include "tests/node/told.hpp"

#include <catch2/catch.hpp>

using namespace parley;

namespace {

bool allowed(std::vector<std::string> flags) {
  return allows_faults(told{std::move(flags), {}, ""}.read().options.node);
}

}  // namespace

TEST_CASE("faults are for development mode on loopback, unless an operator says no", "[node][faults]") {
  CHECK(allowed({"--dev"}));
  CHECK(allowed({"--dev", "--listen", "[::1]:0"}));
  CHECK_FALSE(allowed({}));  // as in production
  CHECK_FALSE(allowed({"--dev-faults"}));
  CHECK_FALSE(allowed({"--dev", "--dev-faults=false"}));
  CHECK_FALSE(allowed({"--dev", "--dev-allow-remote", "--listen", "0.0.0.0:80"}));
  CHECK_FALSE(allowed({"--dev", "--dev-faults", "--dev-allow-remote", "--listen", "192.0.2.1:80"}));
}

TEST_CASE("another node of a development cluster is told as NAME=http://HOST:PORT", "[node][faults][bad_input]") {
  const auto peer = parse_development_peer("n2=http://127.0.0.1:8081");
  REQUIRE(peer);
  CHECK(peer->node == "n2");
  CHECK(peer->address == "http://127.0.0.1:8081");
  for (const std::string wrong : {"", "n2", "=http://127.0.0.1:1", "n2=", "n2=127.0.0.1:8081", "n2=https://127.0.0.1:1",
                                  "n2=http://127.0.0.1", "n2=http://127.0.0.1:1/", "n2=http://chat.example:80"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_development_peer(wrong));
    if (wrong.empty()) continue;  // a flag without a value, which is another mistake
    CHECK(has(told{{"--dev-peer=" + wrong}, {}, ""}.read().mistakes, "--dev-peer", "no NAME=http://HOST:PORT"));
  }
}
