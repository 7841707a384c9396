#include "net/codec/json_decoder.hpp"
#include "net/codec/json_encoder.hpp"
#include "net/codec/json_writer.hpp"
#include "net/codec/metadata.hpp"
#include "net/codec/proto_decoder.hpp"
#include "net/codec/proto_encoder.hpp"
#include "tests/net/given.hpp"
#include "tests/net/same_meaning.hpp"

#include "parley/v1/client.pb.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <random>

using namespace parley;
using namespace parley::net;

namespace {

/// Draws values from a seed; texts with everything that an encoding may trip over.
class source {
public:
  explicit source(std::uint64_t seed) : bits_(seed) {}

  std::uint64_t below(std::uint64_t end) { return bits_() % end; }
  bool coin() { return below(2) == 0; }
  std::uint64_t number() { return below(3) == 0 ? below(100) : below(std::uint64_t{1} << 53); }
  position at() { return {term{number()}, seq{number()}}; }
  std::string id() { return "room-" + std::to_string(below(1000)); }
  std::string text() {
    static const std::string pieces[] = {
        "a",  "\"", "\\", "\n", "\x01", "\x7f", "\xc3\xa9", "\xe2\x80\xa8", "</script>", "\xf0\x9f\x9a\x80",
        "\t", "/",  " "};
    std::string out;
    for (auto n = below(8) + 1; n > 0; --n) out += pieces[below(std::size(pieces))];
    return out;
  }
  std::string metadata() {
    static const char* all[] = {"{}", R"({"a":1})", R"({"a":-1.5e-7,"b":[true,null,"x\"y"],"c":{"d":{}}})",
                                R"({"n":9007199254740991,"z":[],"e":[[1],{}]})", R"({"\u00e9\n":"\ud83d\ude80"})"};
    return all[below(std::size(all))];
  }
  /// Metadata as the node stores it: compact.
  std::string stored_metadata() {
    std::string out;
    write_metadata(boost::json::parse(metadata()).as_object(), out);
    return out;
  }
  part one_part() { return {text(), coin() ? part::body_kind::content : part::body_kind::url, text()}; }
  event_ptr event_of_any_kind() {
    auto made = std::make_shared<event>();
    made->seq = seq{number()};
    made->term = term{number()};
    made->kind = static_cast<event_kind>(below(7) + 1);
    made->sender = id();
    made->at = unix_time{milliseconds{static_cast<std::int64_t>(number())}};
    if (coin()) made->client_msg_id = "key";
    if (coin()) made->body.text = text();
    for (auto n = below(3); n > 0; --n) made->body.parts.push_back(one_part());
    if (coin()) made->body.metadata = stored_metadata();
    if (coin()) made->reply_to = seq{number()};
    if (coin()) made->target = seq{number()};
    made->version = static_cast<std::uint32_t>(below(3));
    made->deleted = coin();
    return made;
  }
  event_list events() {
    event_list out;
    for (auto n = below(4); n > 0; --n) out.push_back(event_of_any_kind());
    return out;
  }
  refusal why() {
    static constexpr refusal_code codes[] = {refusal_code::bad_request, refusal_code::unavailable,
                                             refusal_code::rate_limited, refusal_code::outcome_unknown};
    refusal out{codes[below(std::size(codes))], text(), std::nullopt};
    if (coin()) out.retry_after = milliseconds{static_cast<std::int64_t>(below(10'000))};
    return out;
  }
  reply::joined joined(std::string room) {
    reply::joined out{std::move(room), at(), at(), std::nullopt};
    if (coin()) out.recovered = coin();
    return out;
  }
  server_body body() {
    switch (below(13)) {
      case 0: {
        reply::connected out{id(), {}};
        out.rooms.push_back({"a", joined("a")});
        out.rooms.push_back({text(), why()});
        return out;
      }
      case 1: return joined(id());
      case 2: return reply::left{id()};
      case 3: return reply::published{id(), at(), unix_time{milliseconds{static_cast<std::int64_t>(number())}}, coin()};
      case 4: {
        reply::page out{id(), events(), at(), std::nullopt, std::nullopt};
        if (coin()) out.older = seq{number()};
        if (coin()) out.newer = seq{number()};
        return out;
      }
      case 5: return reply::pong{};
      case 6: return reply::failed{why(), coin() ? id() : "", coin() ? "key" : ""};
      case 7: return push::batch{id(), seq{number()}, coin() ? push::phase::live : push::phase::history, events()};
      case 8: return push::live{id(), at()};
      case 9: return push::catching_up{id(), at()};
      case 10: return push::gap{id(), seq{number()}, at(), static_cast<push::gap_reason>(below(3))};
      case 11: return push::head{id(), at()};
      default: return push::reconnect{milliseconds{500}, milliseconds{2000}, text()};
    }
  }

private:
  std::mt19937_64 bits_;
};

const greeting own{"c0ffee", "n1", 25'000, limits{}};

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("both encodings of a server's message say the same", "[net][codec][property]") {
  const auto seed = GENERATE(take(400, random<std::uint64_t>(0, ~std::uint64_t{0} >> 1)));
  CAPTURE(seed);
  source draw(seed);
  const server_message message{draw.coin() ? static_cast<std::uint32_t>(draw.below(1u << 31)) : 0, draw.body()};

  std::string json, proto;
  append_json(json, message, own);
  append_proto(proto, message, own);
  v1::Frame frame;
  REQUIRE(frame.ParseFromString(proto));
  REQUIRE(frame.envelopes_size() == 1);
  CAPTURE(json, frame.envelopes(0).ShortDebugString());
  const auto tree = boost::json::parse(json);
  CHECK(difference(tree.as_object(), frame.envelopes(0)) == "");
}

TEST_CASE("both encodings of a request are the same request, digest included", "[net][codec][property][G5]") {
  const auto seed = GENERATE(take(200, random<std::uint64_t>(0, ~std::uint64_t{0} >> 1)));
  CAPTURE(seed);
  source draw(seed);
  const std::string text = draw.text(), key = draw.coin() ? "k-1" : "", metadata = draw.metadata();
  const auto parts = draw.below(3);
  const auto reply_to = draw.number();
  std::string json = R"({"id":9,"publish":{"room":"r","text":)" + quoted(text) + R"(,"client_msg_id":")" + key +
                     R"(","reply_to":)" + std::to_string(reply_to) + R"(,"metadata":)" + metadata + R"(,"parts":[)";
  v1::Frame frame;
  auto& envelope = *frame.add_envelopes();
  envelope.set_id(9);
  auto& publish = *envelope.mutable_publish();
  publish.set_room("r");
  publish.set_text(text);
  publish.set_client_msg_id(key);
  publish.set_reply_to(reply_to);
  read_metadata(metadata, *publish.mutable_metadata());
  for (std::uint64_t n = 0; n < parts; ++n) {
    const part one = draw.one_part();
    const bool is_url = one.kind == part::body_kind::url;
    json += std::string(n == 0 ? "" : ",") + R"({"type":)" + quoted(one.type) +
            (is_url ? R"(,"url":)" : R"(,"content":)") + quoted(one.body) + '}';
    auto& to = *publish.add_parts();
    to.set_type(one.type);
    is_url ? to.set_url(one.body) : to.set_content(one.body);
  }
  json += "]}}";
  CAPTURE(json);

  const auto from_json = decode_json_frame(json, limits{});
  const auto from_proto = decode_proto_frame(frame.SerializeAsString(), limits{});
  REQUIRE(from_json);
  REQUIRE(from_proto);
  CHECK(from_json->front().id == from_proto->front().id);
  const auto& a = std::get<request::publish>(from_json->front().body).draft;
  const auto& b = std::get<request::publish>(from_proto->front().body).draft;
  CHECK(a.client_msg_id == b.client_msg_id);
  CHECK(a.reply_to == b.reply_to);
  CHECK(a.body.text == b.body.text);
  CHECK(a.body.parts == b.body.parts);
  CHECK(boost::json::parse(a.body.metadata) == boost::json::parse(b.body.metadata));
  CHECK(a.body.metadata.size() == b.body.metadata.size());
  CHECK(a.digest == b.digest);
}
