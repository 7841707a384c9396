#include "net/codec/content_digest.hpp"

#include "net/codec/json_decoder.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

namespace {

digest digest_of(const std::string& members) {
  const auto frame = decode_json_frame(R"({"publish":{"room":"r","client_msg_id":"k",)" + members + "}}", limits{});
  REQUIRE(frame);
  const auto* publish = std::get_if<request::publish>(&frame->front().body);
  REQUIRE(publish != nullptr);
  return publish->draft.digest;
}

}  // namespace

TEST_CASE("metadata is compared as values: order and the form of numbers do not count", "[net][digest][G5]") {
  const auto first = digest_of(R"("text":"x","metadata":{"a":1,"b":[true,null,{"c":"d"}]})");
  CHECK(digest_of(R"("metadata":{"b":[true,null,{"c":"d"}],"a":1.0},"text":"x")") == first);
  CHECK(digest_of(R"("text":"x","metadata":{ "a" : 1e0 , "b" : [true,null,{"c":"\u0064"}]})") == first);
  CHECK(digest_of(R"("text":"x","metadata":{"a":-0})") == digest_of(R"("text":"x","metadata":{"a":0})"));
}

TEST_CASE("every part of a content and its target make another digest", "[net][digest][G5]") {
  std::vector<digest> all;
  for (const std::string members :
       {R"("text":"x")", R"("text":"y")", R"("text":"x","reply_to":1)", R"("text":"x","reply_to":2)",
        R"("text":"x","metadata":{})", R"("text":"x","metadata":{"a":1})", R"("text":"x","metadata":{"a":"1"})",
        R"("text":"x","metadata":{"a":[1]})", R"("text":"x","metadata":{"a":true})",
        R"("text":"x","metadata":{"a":null})", R"("text":"x","parts":[{"type":"t","content":"c"}])",
        R"("text":"x","parts":[{"type":"t","url":"c"}])", R"("text":"x","parts":[{"type":"tc","content":"c"}])",
        R"("parts":[{"type":"t","content":"c"}])",
        R"("text":"x","parts":[{"type":"t","content":"c"},{"type":"t","content":"c"}])"})
    all.push_back(digest_of(members));
  std::sort(all.begin(), all.end());
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

TEST_CASE("the same content under another operation has another digest", "[net][digest][G5]") {
  const content body{"x", {}, ""};
  CHECK(content_digest("publish", body, seq{}) != content_digest("edit", body, seq{}));
}
