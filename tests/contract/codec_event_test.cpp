#include "storage/event_codec.hpp"

#include <catch2/catch.hpp>

using namespace parley;

namespace {

event full_event() {
  event e;
  e.seq = seq{42};
  e.term = term{1764000000000};
  e.kind = event_kind::message_updated;
  e.sender = "ana";
  e.at = unix_time{milliseconds{1764000001234}};
  e.client_msg_id = "c-1";
  e.body = {
      "héllo \xF0\x9F\x98\x80\r\n\x1b",
      {{"text/plain", part::body_kind::content, ""}, {"image/png", part::body_kind::url, "https://example.org/a"}},
      R"({"a":1})"};
  e.reply_to = seq{7};
  e.target = seq{41};
  e.version = 3;
  e.deleted = true;
  return e;
}

result<event_ptr> again(const event& e) { return decode_stored(e.term, e.seq, e.kind, encode_stored(e)); }

}  // namespace

TEST_CASE("a stored event comes back as it was", "[codec]") {
  const event e = full_event();
  const auto got = again(e);
  REQUIRE(got.has_value());
  CHECK(**got == e);
}

TEST_CASE("a stored event of nothing but defaults comes back as it was", "[codec]") {
  event e;
  e.seq = seq{1};
  const auto got = again(e);
  REQUIRE(got.has_value());
  CHECK(**got == e);
}

TEST_CASE("every kind of event is stored, no other number is", "[codec]") {
  event e = full_event();
  for (unsigned kind = 0; kind < 256; ++kind) {
    CAPTURE(kind);
    e.kind = static_cast<event_kind>(kind);
    CHECK(again(e).has_value() == (kind >= 1 && kind <= 7));
  }
}

TEST_CASE("a stored event is refused where its content cannot have been accepted", "[codec]") {
  event e = full_event();
  SECTION("a NUL in the text") { e.body.text = std::string("a\0b", 3); }
  SECTION("a NUL in a part") { e.body.parts[0].body = std::string(1, '\0'); }
  SECTION("a NUL in the metadata") { e.body.metadata = std::string(1, '\0'); }
  SECTION("a NUL in the sender") { e.sender = std::string(1, '\0'); }
  SECTION("text that is not UTF-8") { e.body.text = "\xff"; }
  SECTION("a lone surrogate") { e.body.text = "\xed\xa0\x80"; }
  SECTION("a time before 1970") { e.at = unix_time{milliseconds{-1}}; }
  SECTION("a target that no JSON number carries") { e.target = seq{number_end}; }
  SECTION("seq 0") { e.seq = seq{0}; }
  SECTION("a seq that no JSON number carries") { e.seq = seq{number_end}; }
  SECTION("a term that no JSON number carries") { e.term = term{number_end}; }
  const auto got = again(e);
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == errc::refused_content);
}

TEST_CASE("a part without a body is refused", "[codec]") {
  // parts = 5, a message that holds type = 1 "t" only
  CHECK_FALSE(decode_stored(term{1}, seq{1}, event_kind::message_created, std::string_view("\x2a\x03\x0a\x01t", 5))
                  .has_value());
}

TEST_CASE("a payload past the limit is refused before it is parsed", "[codec]") {
  CHECK_FALSE(
      decode_stored(term{1}, seq{1}, event_kind::message_created, std::string(stored_bytes_max + 1, 'x')).has_value());
}

TEST_CASE("a stored event with any byte changed is refused or decodes, and never crashes", "[codec]") {
  const std::string good = encode_stored(full_event());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      const auto got = decode_stored(term{1}, seq{1}, event_kind::message_created, bad);
      if (got) CHECK(again(**got).has_value());
    }
    (void)decode_stored(term{1}, seq{1}, event_kind::message_created, std::string_view(good).substr(0, at));
  }
}
