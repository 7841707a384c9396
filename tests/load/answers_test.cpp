#include "loadtest/load/answers.hpp"
#include "loadtest/load/event_key.hpp"
#include "loadtest/load/frames.hpp"
#include "loadtest/load/plain_json.hpp"
#include "net/codec/wire_form.hpp"
#include "tests/net/given.hpp"

#include <catch2/catch.hpp>

/// The load's readers read what the node's encoders write, and both encodings say the same.
namespace parley::load {
namespace {

using net::wire_form;

/// What a reader told, copied.
struct told : answer_sink {
  struct one {
    answer::kind what;
    std::uint32_t id;
    std::string room;
    load::position at, head;
    std::optional<bool> recovered;
    std::uint64_t from;
    gap_reason reason;
    bool is_history, is_duplicate;
    std::string name;
    std::vector<seen_event> events;
  };
  std::vector<one> all;

  void answered(const answer& a) override {
    all.push_back({a.what,
                   a.id,
                   std::string(a.room),
                   a.at,
                   a.head,
                   a.recovered,
                   a.from,
                   a.reason,
                   a.is_history,
                   a.is_duplicate,
                   std::string(a.name),
                   {a.events.begin(), a.events.end()}});
  }
};

std::string payload_of(wire_form form, const server_message& message) {
  const auto bytes = net::wire_bytes(form, message, {"c1", "n1", 25000, {}});
  std::string_view rest(bytes);
  frame one;
  bool is_broken = false;
  REQUIRE(take_frame(rest, one, is_broken));
  REQUIRE(rest.empty());
  return std::string(one.payload);
}

/// What the node would say of it, read back: in both encodings, which must agree.
told::one read(const server_message& message) {
  told json, proto;
  REQUIRE(make_json_reader()->read(payload_of(wire_form::ws_json, message), json));
  REQUIRE(make_proto_reader()->read(payload_of(wire_form::ws_proto, message), proto));
  REQUIRE(json.all.size() == 1);
  REQUIRE(proto.all.size() == 1);
  const auto &a = json.all[0], &b = proto.all[0];
  CHECK(a.what == b.what);
  CHECK(a.id == b.id);
  CHECK(a.room == b.room);
  CHECK((a.at == b.at && a.head == b.head));
  CHECK(a.recovered == b.recovered);
  CHECK(a.from == b.from);
  CHECK(a.reason == b.reason);
  CHECK(a.is_history == b.is_history);
  CHECK(a.is_duplicate == b.is_duplicate);
  CHECK(a.name == b.name);
  REQUIRE(a.events.size() == b.events.size());
  for (std::size_t n = 0; n < a.events.size(); ++n) {
    CHECK(a.events[n].seq == b.events[n].seq);
    CHECK(a.events[n].term == b.events[n].term);
    CHECK(a.events[n].key == b.events[n].key);
    CHECK(a.events[n].digest == b.events[n].digest);
  }
  return a;
}

event_ptr keyed(std::uint64_t seq, event_key key, std::string text) {
  auto made = std::make_shared<event>(*given::message(seq, std::move(text)));
  const auto digits = text_of(key);
  made->client_msg_id.assign(digits.data(), digits.size());
  return made;
}

server_message batch(event_list events, push::phase phase = push::phase::live) {
  return {0, push::batch{"room-1", seq{events.front()->seq.value - 1}, phase, std::move(events)}};
}

bool is_plain(const std::string& payload) {
  told ignored;
  return plain_json().read(payload, ignored);
}

}  // namespace

TEST_CASE("a batch tells each event's seq, term, key and text", "[load][answers]") {
  const auto one = read(batch({keyed(41, 1234567890123456789, "hello"), keyed(42, 7, "you")}, push::phase::history));
  CHECK(one.what == answer::kind::batch);
  CHECK(one.room == "room-1");
  CHECK(one.from == 40);
  CHECK(one.is_history);
  REQUIRE(one.events.size() == 2);
  CHECK(one.events[0].seq == 41);
  CHECK(one.events[0].term == 7);
  CHECK(one.events[0].key == 1234567890123456789);
  CHECK(one.events[0].digest == digest_of("hello"));
  CHECK(one.events[1].key == 7);
}

TEST_CASE("a text is the same text however it is escaped", "[load][answers]") {
  const std::string text = GENERATE(as<std::string>{}, "say \"hi\"", "back\\slash", "line\nend\t",
                                    "\xc3\xa9\xe2\x82\xac", "\\\"", "{\"seq\":9}", "]}}", "\x01");
  CAPTURE(text);
  const auto one = read(batch({keyed(41, 5, text)}));
  CHECK(one.events.at(0).digest == digest_of(text));
}

TEST_CASE("what a load mostly reads needs no tree", "[load][answers]") {
  const auto events = payload_of(wire_form::ws_json, batch({keyed(41, 5, "a"), keyed(42, 6, "say \"b\"")}));
  const auto ack = payload_of(wire_form::ws_json, {9, reply::published{"r", given::at(4), unix_time{}, true}});
  CHECK(is_plain(events));
  CHECK(is_plain(ack));
  CHECK(is_plain("[" + ack + "," + events + "]"));
  told all;
  REQUIRE(make_json_reader()->read("[" + ack + "," + events + "," + ack + "]", all));
  REQUIRE(all.all.size() == 3);
  CHECK(all.all[0].id == 9);
  CHECK(all.all[1].events.size() == 2);
  CHECK(all.all[2].events.empty());
}

TEST_CASE("what is not plain is told once, by the tree", "[load][answers]") {
  auto odd = std::make_shared<event>(*keyed(42, 6, "b"));
  odd->body.parts.push_back({"image", part::body_kind::url, "https://x"});
  const auto payload = payload_of(wire_form::ws_json, batch({keyed(41, 5, "a"), odd}));
  CHECK_FALSE(is_plain(payload));
  const auto one = read(batch({keyed(41, 5, "a"), odd}));
  CHECK(one.events.size() == 2);
  told spaced;
  REQUIRE(make_json_reader()->read(R"( {"batch": {"room": "r", "prev": 3, "phase": "live", "events": [{"seq": 4}]}} )",
                                   spaced));
  REQUIRE(spaced.all.size() == 1);
  CHECK(spaced.all[0].from == 3);
  CHECK(spaced.all[0].events.at(0).seq == 4);
  CHECK(spaced.all[0].events.at(0).key == -1);
}

TEST_CASE("joins, gaps, acks and errors are read in both encodings", "[load][answers]") {
  const auto joined = read({3, reply::joined{"r", given::at(44), given::at(40), false}});
  CHECK(joined.what == answer::kind::joined);
  CHECK((joined.head == load::position{7, 44} && joined.at == load::position{7, 40}));
  CHECK(joined.recovered == false);
  CHECK_FALSE(read({3, reply::joined{"r", given::at(44), given::at(40), {}}}).recovered);
  const auto live = read({0, push::live{"r", given::at(44)}});
  CHECK(live.what == answer::kind::live);
  CHECK((live.at == load::position{7, 44}));
  CHECK(read({0, push::catching_up{"r", given::at(9)}}).what == answer::kind::catching_up);
  const auto gap = read({0, push::gap{"r", seq{3}, given::at(9), push::gap_reason::reset}});
  CHECK(gap.from == 3);
  CHECK(gap.reason == gap_reason::reset);
  CHECK(read({0, push::gap{"r", seq{3}, given::at(9), push::gap_reason::jump}}).reason == gap_reason::jump);
  CHECK(read({0, push::gap{"r", seq{3}, given::at(9), push::gap_reason::retention}}).reason == gap_reason::retention);
  const auto ack = read({8, reply::published{"r", given::at(12), unix_time{}, true}});
  CHECK(ack.what == answer::kind::published);
  CHECK((ack.id == 8 && ack.is_duplicate && ack.at == load::position{7, 12}));
  const auto error = read({8, reply::failed{{refusal_code::unavailable, "why", {}}, "r", "k"}});
  CHECK(error.what == answer::kind::error);
  CHECK(error.name == "unavailable");
  CHECK(read({1, reply::connected{"ana", {}}}).what == answer::kind::connected);
  CHECK(read({5, reply::left{"r"}}).what == answer::kind::left);
  CHECK(read({0, push::head{"r", given::at(4)}}).what == answer::kind::other);
}

TEST_CASE("what is no message of the protocol is refused", "[load][answers]") {
  told ignored;
  for (const auto* text : {"", "{", "[", "7", "[7]", "{}", "\"x\"", "{\"batch\":{\"room\":\"r\"}}", "[{\"id\":1}]"})
    CHECK_FALSE(make_json_reader()->read(text, ignored));
  CHECK_FALSE(make_proto_reader()->read("\x0a\x7f", ignored));
  CHECK_FALSE(make_proto_reader()->read("\xff\xff", ignored));
}

TEST_CASE("every cut of a message is read or refused, without reading past its end", "[load][answers]") {
  const auto form = GENERATE(wire_form::ws_json, wire_form::ws_proto);
  const auto whole = payload_of(form, batch({keyed(41, 5, "say \"hi\" \\"), keyed(42, 6, "b")}));
  const auto reader = form == wire_form::ws_json ? make_json_reader() : make_proto_reader();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    told ignored;
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const bool is_read = reader->read({cut.data(), cut.size()}, ignored);
    if (form == wire_form::ws_json) CHECK_FALSE(is_read);
  }
}

TEST_CASE("a key is a moment in nineteen digits", "[load][answers]") {
  const auto text = text_of(1764000000123456789);
  CHECK(std::string(text.data(), text.size()) == "1764000000123456789");
  CHECK(key_of({text.data(), text.size()}) == 1764000000123456789);
  CHECK(key_of("17640000001234567x9") == -1);
  CHECK(key_of("123") == -1);
  CHECK(key_of("9999999999999999999") == -1);
}

}  // namespace parley::load
