#include "storage/envelope_codec.hpp"
#include "storage/event_codec.hpp"

#include "parley/internal/envelope.pb.h"

#include <catch2/catch.hpp>

using namespace parley;

namespace {

const std::string cluster = "c1";
constexpr room_key general{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

event_ptr event_of(std::uint64_t t, std::uint64_t s, std::string text = "hello") {
  event e;
  e.seq = seq{s};
  e.term = term{t};
  e.sender = "ana";
  e.body.text = std::move(text);
  return std::make_shared<event>(e);
}

beacon news() {
  return {shard_id{3}, term{9}, 4, attempt{17}, attempt{18}, {{general, {{term{9}, seq{5}}, {term{2}, seq{1}}}}}};
}

errc refusal_of(std::string_view bytes) {
  const auto got = decode_envelope(cluster, bytes);
  REQUIRE_FALSE(got.has_value());
  return got.error().code;
}

std::string bytes_of(const internal::RedisEnvelope& message) { return message.SerializeAsString(); }

/// A good envelope of two events as its message, to be spoiled.
internal::RedisEnvelope good() {
  internal::RedisEnvelope message;
  const auto sent = encode_envelopes(cluster, {general, {term{3}, seq{6}}, {event_of(3, 7), event_of(4, 8)}});
  REQUIRE(message.ParseFromString(sent.at(0)));
  return message;
}

}  // namespace

TEST_CASE("an envelope brings a room's events as they were", "[codec]") {
  const room_envelope sent{general, {term{3}, seq{6}}, {event_of(3, 7), event_of(4, 8)}};
  const auto encoded = encode_envelopes(cluster, sent);
  REQUIRE(encoded.size() == 1);
  const auto got = decode_envelope(cluster, encoded[0]);
  REQUIRE(got.has_value());
  const auto& room = std::get<room_envelope>(*got);
  CHECK(room.room == general);
  CHECK(room.before == sent.before);
  REQUIRE(room.events.size() == 2);
  CHECK(*room.events[0] == *sent.events[0]);
  CHECK(*room.events[1] == *sent.events[1]);
}

TEST_CASE("beacons and canaries come back as they were", "[codec]") {
  const auto sent = encode_envelope(cluster, news());
  REQUIRE(sent.has_value());
  CHECK(std::get<beacon>(*decode_envelope(cluster, *sent)) == news());
  const canary bird{"n1", 7};
  CHECK(std::get<canary>(*decode_envelope(cluster, encode_envelope(cluster, bird))) == bird);
}

TEST_CASE("many or large events are split into envelopes that follow each other", "[codec]") {
  room_envelope sent{general, {term{1}, seq{9}}, {}};
  for (std::uint64_t i = 0; i < 100; ++i) sent.events.push_back(event_of(1, 10 + i, std::string(65536, 'x')));
  const auto encoded = encode_envelopes(cluster, sent);
  CHECK(encoded.size() > 10);
  position last = sent.before;
  std::size_t events = 0;
  for (const auto& each : encoded) {
    CHECK(each.size() < envelope_bytes_target + 2 * 65536);
    const auto got = decode_envelope(cluster, each);
    REQUIRE(got.has_value());
    const auto& room = std::get<room_envelope>(*got);
    CHECK(room.before == last);
    last = room.events.back()->at_position();
    events += room.events.size();
  }
  CHECK(events == 100);
  CHECK(last == position{term{1}, seq{109}});
}

TEST_CASE("a room's envelope without events is not sent", "[codec]") {
  CHECK(encode_envelopes(cluster, {general, {}, {}}).empty());
}

TEST_CASE("an envelope of another cluster says so", "[codec]") {
  CHECK(refusal_of(encode_envelope("c2", canary{"n1", 1})) == errc::incompatible);
  CHECK(refusal_of(encode_envelope("", canary{"n1", 1})) == errc::incompatible);
}

TEST_CASE("an envelope that no owner can have sent is refused", "[codec]") {
  auto bad = good();
  auto& events = *bad.mutable_events();
  SECTION("no body") { bad.clear_events(); }
  SECTION("no events") { events.clear_events(); }
  SECTION("a hole") { events.mutable_events(1)->set_seq(9); }
  SECTION("a repeat") { events.mutable_events(1)->set_seq(7); }
  SECTION("a hole before the first") { events.set_prev_seq(5); }
  SECTION("a term that shrinks") { events.mutable_events(1)->set_term(2); }
  SECTION("an unknown kind") { events.mutable_events(0)->set_kind(8); }
  SECTION("a kind that wraps around a byte") { events.mutable_events(0)->set_kind(257); }
  SECTION("a room key of 15 bytes") { events.set_room_key(std::string(15, 'k')); }
  SECTION("a seq at the end of 64 bits") {
    events.set_prev_seq(~std::uint64_t{0});
    events.mutable_events(0)->set_seq(0);
  }
  SECTION("content with a NUL") { events.mutable_events(0)->mutable_stored()->set_text(std::string(1, '\0')); }
  SECTION("too many events") {
    for (std::size_t i = 0; i < envelope_events_max; ++i) {
      auto& e = *events.add_events();
      e = events.events(1);
      e.set_seq(9 + i);
    }
  }
  CHECK(refusal_of(bytes_of(bad)) == errc::refused_content);
}

TEST_CASE("a beacon past a limit is neither sent nor read", "[codec]") {
  beacon large = news();
  large.heads.resize(beacon_heads_max + 1, large.heads[0]);
  CHECK_FALSE(encode_envelope(cluster, large).has_value());

  internal::RedisEnvelope message;
  REQUIRE(message.ParseFromString(*encode_envelope(cluster, news())));
  auto& body = *message.mutable_beacon();
  SECTION("too many heads") {
    while (body.heads_size() <= static_cast<int>(beacon_heads_max)) *body.add_heads() = body.heads(0);
  }
  SECTION("a number out of range") { body.set_number(number_end); }
  SECTION("a head's key of 17 bytes") { body.mutable_heads(0)->set_room_key(std::string(17, 'k')); }
  SECTION("a floor above its head") { body.mutable_heads(0)->set_floor_seq(6); }
  CHECK(refusal_of(bytes_of(message)) == errc::refused_content);
}

TEST_CASE("what is no envelope is refused", "[codec]") {
  CHECK(refusal_of("garbage") == errc::refused_content);
  CHECK(refusal_of(std::string(envelope_bytes_max + 1, '\0')) == errc::refused_content);
}

TEST_CASE("an envelope with any byte changed or cut is refused or reads in order, and never crashes", "[codec]") {
  const std::string whole = bytes_of(good());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const auto got = decode_envelope(cluster, bad);
      const auto* room = got ? std::get_if<room_envelope>(&*got) : nullptr;
      if (room) CHECK(room->events.front()->seq == next(room->before.seq));
    }
    (void)decode_envelope(cluster, whole.substr(0, at));
  }
}
