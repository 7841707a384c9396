#include "tests/contract/steps.hpp"

namespace parley::contract {
namespace {

std::string utf8(std::uint32_t c) {
  const auto byte = [](std::uint32_t b) { return static_cast<char>(b); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
  return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}

/// Both ends of every plane, non-characters included: all but NUL and surrogates is text.
std::string every_plane() {
  std::string text;
  for (std::uint32_t plane = 0; plane <= 16; ++plane)
    for (std::uint32_t c : {0x1u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xfdd0u, 0xfeffu, 0xfffeu, 0xffffu})
      text += utf8(plane << 16 | c);
  return text;
}

/// Comes back as it went in: from a range, from a history page, and after the adapter was opened again.
void check_kept(event e) {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  e.seq = seq{1};
  ana.say(room, {e});
  e.term = ana.term_of(1);
  CHECK(values(range_of(*store, room, 0).events) == std::vector{e});
  store->reopen();
  CHECK(values(history_of(*store, room, history_query::side::newest, 0, 1, false).events) == std::vector{e});
}

}  // namespace

TEST_CASE("text of every Unicode plane is kept byte for byte", "[contract][event_log][content]") {
  check_kept(said(1, every_plane()));
}

TEST_CASE("text that another layer could touch is kept byte for byte", "[contract][event_log][content]") {
  check_kept(said(1, "a\r\nb\n\rc\td \\ \\x00 %s ' '' \" \"\" ` $1 ?1 {} -- ; DROP TABLE event; /* \x1b[31m */  "));
  check_kept(said(1, " \n"));
  check_kept(said(1, "\xe2\x80\xae rtl e\xcc\x81 \xc3\xa9 <script>"));  // decomposed and composed both stay
}

TEST_CASE("the largest content is kept byte for byte", "[contract][event_log][content]") {
  std::string text;
  for (std::uint32_t c = 1; text.size() < 65530; c = c % 0x2fff + 1) text += utf8(c);
  text.resize(65530);
  while ((static_cast<unsigned char>(text.back()) & 0xc0) == 0x80 || static_cast<unsigned char>(text.back()) >= 0xc0)
    text.pop_back();
  text += std::string(65536 - text.size(), 'x');
  REQUIRE(text.size() == 65536);
  check_kept(said(1, text));
}

TEST_CASE("a message of parts alone is kept as it is", "[contract][event_log][content]") {
  auto e = said(1, "");
  e.body.parts = {{"text/markdown", part::body_kind::content, "*hi* " + every_plane()},
                  {"image/png", part::body_kind::url, "https://example.org/a%20b?c=d&e='f'"},
                  {"text/plain", part::body_kind::content, ""}};
  check_kept(e);
}

TEST_CASE("every field of an event is kept", "[contract][event_log][content]") {
  auto e = said(1, "text", std::string(128, '~'));
  e.sender = std::string(128, 'u');
  e.at = unix_time{milliseconds{(1ll << 53) - 1}};
  e.body.metadata = R"({"a":[1,1.0,null,"\u0041"],"a ":{}})";
  e.reply_to = seq{(1ull << 53) - 1};
  check_kept(e);
}

TEST_CASE("an event of every kind is kept", "[contract][event_log][content]") {
  const auto kind = GENERATE(event_kind::message_created, event_kind::member_joined, event_kind::member_left,
                             event_kind::room_updated, event_kind::room_deleted);
  auto e = said(1, kind == event_kind::message_created ? "hi" : "");
  e.kind = kind;
  check_kept(e);
}

TEST_CASE("a room's strange names do not meet", "[contract][event_log][content]") {
  const auto store = make_store();
  owner ana(*store, "n1", {1});
  const std::vector names{"Room", "room", "room ", "' OR 1=1 --", "a:b@c+d~e.f_g-h", "%", "_"};
  std::uint64_t size = 0;
  for (const auto* name : names) {
    std::vector<event> events;
    ++size;
    for (std::uint64_t s = 1; s <= size; ++s) events.push_back(said(s, name));
    ana.say(room_named(name, 1), std::move(events));
  }
  size = 0;
  for (const auto* name : names) CHECK(head_of(*store, room_named(name, 1)).head == ana.at(1, ++size));
}

}  // namespace parley::contract
