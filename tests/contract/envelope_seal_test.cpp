#include "storage/envelope_seal.hpp"
#include "storage/envelope_codec.hpp"

#include "parley/internal/envelope.pb.h"

#include <catch2/catch.hpp>

using namespace parley;

namespace {

const std::string first(64, '1'), second(64, 'e');

std::string envelope() { return encode_envelope("c1", canary{"n1", 7}); }
std::string sealed_by(const std::vector<std::string>& keys) {
  auto bytes = envelope();
  envelope_seal{keys}.close(bytes);
  return bytes;
}

}  // namespace

TEST_CASE("an envelope is genuine for who has the key that sealed it", "[contract][security]") {
  CHECK(envelope_seal{{first}}.is_genuine(sealed_by({first})));
  CHECK_FALSE(envelope_seal{{second}}.is_genuine(sealed_by({first})));
}

TEST_CASE("while a key is replaced, envelopes of the old and the new one are genuine", "[contract][security]") {
  const envelope_seal both{{second, first}};
  CHECK(both.is_genuine(sealed_by({first})));
  CHECK(both.is_genuine(sealed_by({second})));
  CHECK(sealed_by({second, first}) == sealed_by({second}));
}

TEST_CASE("who has a key takes nothing without a MAC, and nothing whose MAC stands elsewhere", "[contract][security]") {
  const envelope_seal keyed{{first}};
  CHECK_FALSE(keyed.is_genuine(""));
  CHECK_FALSE(keyed.is_genuine(envelope()));
  internal::RedisEnvelope message;
  REQUIRE(message.ParseFromString(sealed_by({first})));
  const auto mac = message.mac();
  REQUIRE(mac.size() == 16);
  CHECK_FALSE(keyed.is_genuine(std::string("\x7a\x10", 2) + mac + envelope()));
  CHECK_FALSE(keyed.is_genuine(envelope() + "\x72\x10" + mac));
}

TEST_CASE("every byte of an envelope counts", "[contract][security]") {
  const envelope_seal keyed{{first}};
  const auto good = sealed_by({first});
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CAPTURE(i);
    CHECK_FALSE(keyed.is_genuine(bad));
    CHECK_FALSE(keyed.is_genuine(good.substr(0, i)));
  }
}

TEST_CASE("a node without a key reads a sealed envelope, and seals none", "[contract][security]") {
  const auto read = decode_envelope("c1", sealed_by({first}));
  REQUIRE(read.has_value());
  CHECK(std::get<canary>(*read) == canary{"n1", 7});
  CHECK(sealed_by({}) == envelope());
  CHECK(envelope_seal{{}}.is_genuine(envelope()));
}

/// RFC 4231's keys are of other sizes than ours, so this one was made by another program,
/// `printf parley | openssl dgst -sha256 -mac HMAC -macopt hexkey:1111...`.
TEST_CASE("the MAC is HMAC-SHA-256, cut to 16 bytes", "[contract][security]") {
  std::string bytes = "parley";
  envelope_seal{{first}}.close(bytes);
  std::string hex;
  for (const unsigned char c : bytes.substr(8)) {
    hex += "0123456789abcdef"[c >> 4];
    hex += "0123456789abcdef"[c & 15];
  }
  CHECK(hex == "b0ef1844bbc33cd84a8c1e4e49aed2dc");
}

TEST_CASE("a key is 64 hexadecimal digits", "[contract][security]") {
  CHECK(envelope_seal::is_key(first));
  CHECK(envelope_seal::is_key(std::string(64, 'F')));
  CHECK_FALSE(envelope_seal::is_key(""));
  CHECK_FALSE(envelope_seal::is_key(std::string(63, '1')));
  CHECK_FALSE(envelope_seal::is_key(std::string(64, 'g')));
  CHECK_THROWS_AS(envelope_seal{{"secret"}}, std::invalid_argument);
}
