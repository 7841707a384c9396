#include "net/codec/json_decoder.hpp"
#include "net/codec/proto_decoder.hpp"

#include "parley/v1/client.pb.h"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

namespace {

std::string nested(int depth) {
  std::string text = R"({"ping":{},"x":)";
  for (int n = 1; n < depth; ++n) text += '[';
  for (int n = 1; n < depth; ++n) text += ']';
  return text + '}';
}

const refusal* refused(const incoming& one) {
  const auto* body = std::get_if<request::refused>(&one.body);
  return body == nullptr ? nullptr : &body->why;
}

}  // namespace

TEST_CASE("what is no JSON, object or array closes with 4400", "[net][codec][bad_input]") {
  for (const std::string text : {"",
                                 " ",
                                 "5",
                                 "null",
                                 "\"x\"",
                                 "true",
                                 "{",
                                 "{}x",
                                 "{\"id\":}",
                                 "[{]",
                                 "{\"a\":01}",
                                 "{\"a\":NaN}",
                                 "{//c\n}",
                                 "\xef\xbb\xbf{}",
                                 R"({"a":"\ud800"})",
                                 R"({"a":"\ud800x"})",
                                 R"({"a":"\udc00"})",
                                 R"({"a":1e400})",
                                 R"({"a":[-1e999]})",
                                 "{'a':1}",
                                 "{\"a\":1,}",
                                 "{\"a\":\"\n\"}",
                                 "{\"a\":\"\xff\"}"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_json_frame(text, limits{}));
  }
}

TEST_CASE("an envelope nests 16 and no more, an array of envelopes adds one", "[net][codec][bad_input]") {
  CHECK(decode_json_frame(nested(16), limits{}));
  CHECK_FALSE(decode_json_frame(nested(17), limits{}));
  CHECK(decode_json_frame('[' + nested(16) + ']', limits{}));
  CHECK_FALSE(decode_json_frame('[' + nested(17) + ']', limits{}));
}

TEST_CASE("everything else wrong is a bad_request that echoes a readable id", "[net][codec][bad_input]") {
  for (const std::string body : {"",
                                 R"("ping":null)",
                                 R"("shout":{})",
                                 R"("pong":{})",
                                 R"("ping":{},"leave":{"room":"a"})",
                                 R"("ping":5)",
                                 R"("join":{"room":"a b"})",
                                 R"("join":{"room":5})",
                                 R"("join":{"room":"a","max":1001})",
                                 R"("join":{"room":"a","on_gap":"leap"})",
                                 R"("join":{"room":"a","since":{"term":1,"seq":9007199254740992}})",
                                 R"("join":{"room":"a","since":{"seq":-1}})",
                                 R"("join":{"room":"a","rewind":{"limit":1.5}})",
                                 R"("join":{"room":"a","rewind":{"limit":1},"since":{"term":1,"seq":1}})",
                                 R"("history":{"room":"a","limit":201})",
                                 R"("publish":{"room":"a"})",
                                 R"("publish":{"room":"a","text":"x","metadata":[]})",
                                 R"("publish":{"room":"a","text":"\u0000"})",
                                 R"("publish":{"room":"a","text":"x","client_msg_id":"a b"})",
                                 R"("edit":{"room":"a","seq":1,"text":"x"})",
                                 R"("typing":{"room":"a","state":"started"})",
                                 R"("refresh":{})"}) {
    CAPTURE(body);
    const auto frame = decode_json_frame(R"({"id":21)" + std::string(body.empty() ? "" : ",") + body + "}", limits{});
    REQUIRE(frame);
    REQUIRE(frame->size() == 1);
    CHECK(frame->front().id == 21);
    REQUIRE(refused(frame->front()) != nullptr);
    CHECK(refused(frame->front())->code == refusal_code::bad_request);
  }
}

TEST_CASE("a refused write keeps its room, its key and its place", "[net][codec][G5]") {
  const auto frame = decode_json_frame(R"({"id":1,"publish":{"room":"r","client_msg_id":"k","text":5}})", limits{});
  const auto& body = std::get<request::refused>(frame->front().body);
  CHECK(body.is_write);
  CHECK(body.room == "r");
  CHECK(body.client_msg_id == "k");
}

TEST_CASE("null, an empty string and 0 are absent", "[net][codec]") {
  const auto frame = decode_json_frame(
      R"({"id":null,"history":{"room":"r","before":0,"after":null,"limit":0,"view":""},"ping":null})", limits{});
  const auto& query = std::get<request::history>(frame->front().body);
  CHECK(query.where == request::history::side::newest);
  CHECK(query.limit == 50);
  CHECK(query.messages);
  const auto publish =
      decode_json_frame(R"({"publish":{"room":"r","text":"x","parts":null,"client_msg_id":""}})", limits{});
  CHECK(std::get<request::publish>(publish->front().body).draft.client_msg_id.empty());
}

TEST_CASE("of repeated names the last counts, unknown ones are ignored", "[net][codec]") {
  const auto frame =
      decode_json_frame(R"({"id":1,"id":2,"later":[1],"leave":{"room":"a","room":"b","why":{}}})", limits{});
  CHECK(frame->front().id == 2);
  CHECK(std::get<request::leave>(frame->front().body).room == "b");
}

TEST_CASE("content past content_bytes is too large, counted as compact bytes", "[net][codec]") {
  limits bounds;
  bounds.content_bytes = 20;
  const auto with = [&](std::string metadata) {
    return decode_json_frame(R"({"publish":{"room":"r","text":"0123456789","metadata":)" + metadata + "}}", bounds);
  };
  CHECK(std::holds_alternative<request::publish>(with(R"({  "a"  :  "bc"  })")->front().body));  // {"a":"bc"}: 10
  REQUIRE(refused(with(R"({"a":"bcd"})")->front()) != nullptr);
  CHECK(refused(with(R"({"a":"bcd"})")->front())->code == refusal_code::message_too_large);
}

TEST_CASE("Protobuf that does not parse closes, wrong values are bad_requests", "[net][codec][bad_input]") {
  for (const std::string& bytes : {std::string("\x0a", 1),
                                   std::string("\x0a\x7f"
                                               "abc",
                                               5),
                                   std::string("\x0f", 1), std::string("{\"id\":1}")}) {
    CHECK_FALSE(decode_proto_frame(bytes, limits{}));
  }
  CHECK(decode_proto_frame("", limits{})->empty());
  v1::Frame frame;
  frame.add_envelopes()->set_id(1);
  auto* join = frame.add_envelopes()->mutable_join();
  join->set_room("r");
  join->set_on_gap(static_cast<v1::OnGap>(77));
  frame.add_envelopes()->mutable_pong();
  frame.add_envelopes()->mutable_history()->set_room("a b");
  const auto decoded = decode_proto_frame(frame.SerializeAsString(), limits{});
  REQUIRE(decoded);
  for (const auto& one : *decoded) {
    REQUIRE(refused(one) != nullptr);
    CHECK(refused(one)->code == refusal_code::bad_request);
  }
}

TEST_CASE("Protobuf metadata nests as deep as JSON's and no deeper", "[net][codec][bad_input]") {
  const auto frame_of = [](int levels) {
    v1::Frame frame;
    auto& publish = *frame.add_envelopes()->mutable_publish();
    publish.set_room("r");
    publish.set_text("x");
    auto* object = publish.mutable_metadata();
    for (int n = 1; n < levels; ++n) object = (*object->mutable_fields())["a"].mutable_struct_value();
    (*object->mutable_fields())["a"].set_number_value(1);
    return decode_proto_frame(frame.SerializeAsString(), limits{});
  };
  CHECK(frame_of(14));
  CHECK_FALSE(frame_of(15));
}
