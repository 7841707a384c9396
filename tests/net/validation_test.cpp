#include "net/validation.hpp"

#include "net/codec/position_text.hpp"
#include "net/error_table.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

TEST_CASE("an id is 1 to 128 characters of its alphabet", "[net][validation]") {
  for (const std::string good : {"a", "...", "AZaz09._~:@+-", "-"}) CHECK(is_id(good));
  CHECK(is_id(std::string(128, 'x')));
  for (const std::string bad : {"", ".", "..", "a b", "a/b", "caf\xc3\xa9", "a\n", "%41", "{x}"})
    CHECK_FALSE(is_id(bad));
  CHECK_FALSE(is_id(std::string(129, 'x')));
  CHECK_FALSE(is_id(std::string_view("a\0", 2)));
}

TEST_CASE("UTF-8 is what RFC 3629 says", "[net][validation]") {
  for (const std::string good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(is_utf8(good));
  for (const std::string bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe2\x82", "a\xf0\x9f\x98"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("an event's id reads back, and nothing else does", "[net][validation][position]") {
  const std::uint64_t in_term = GENERATE(take(20, random<std::uint64_t>(0, json_integer_max)));
  const position at{term{in_term}, seq{in_term / 3 + 1}};
  std::string text;
  append_position(text, at);
  CHECK(parse_position(text) == at);
  for (const std::string bad : {"", ":", "1", "1:", ":1", "1:2:3", "-1:2", "+1:2", " 1:2", "1:2 ", "1.0:2", "0x1:2",
                                "9007199254740992:1", "1:9007199254740992", "99999999999999999999:1"})
    CHECK_FALSE(parse_position(bad));
  CHECK(parse_position("17:0") == position{});
}

TEST_CASE("every error's code is its HTTP status and a variant", "[net][errors]") {
  for (const auto& row : error_table()) {
    CAPTURE(row.name);
    CHECK(static_cast<unsigned>(row.code) / 10 == row.http_status);
    CHECK(row_of(row.code).name == row.name);
  }
  CHECK(row_of(static_cast<refusal_code>(4999)).name == "internal");
}
