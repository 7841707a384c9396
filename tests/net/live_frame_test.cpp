#include "net/live_frame.hpp"
#include "net/head_frame.hpp"

#include "tests/net/given.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

TEST_CASE("a live frame is encoded once per form and its bytes are shared", "[net][live_frame]") {
  const live_frame_ptr frame =
      std::make_shared<live_frame>(given::room("general"), given::at(4), given::messages(5, 6));
  const auto first = shared_bytes(frame, wire_form::ws_json);
  CHECK(shared_bytes(frame, wire_form::ws_json).get() == first.get());
  CHECK(shared_bytes(frame, wire_form::ws_proto).get() != first.get());
  CHECK(first->substr(4).starts_with(R"({"batch":{"room":"general","prev":4,"phase":"live","events":[{"seq":5)"));
}

TEST_CASE("a live frame's header says the payload's length in the shortest form", "[net][live_frame]") {
  const std::size_t text_bytes = GENERATE(1u, 60u, 300u, 60'000u, 70'000u);
  const live_frame frame(given::room("r"), given::at(0), given::messages(1, 1, std::string(text_bytes, 'x')));
  const std::string& bytes = frame.bytes(wire_form::ws_json);
  const auto byte = [&](std::size_t n) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[n])); };
  REQUIRE(byte(0) == 0x81);
  std::uint64_t length = byte(1);
  std::size_t header = 2;
  if (length == 126) {
    header = 4, length = byte(2) << 8 | byte(3);
    CHECK(length >= 126);
  } else if (length == 127) {
    header = 10, length = 0;
    for (std::size_t n = 2; n < 10; ++n) length = length << 8 | byte(n);
    CHECK(length >= 65'536);
  }
  CHECK(length == bytes.size() - header);
  CHECK(bytes[header] == '{');
}

TEST_CASE("a live frame knows its positions and what follows one of them", "[net][live_frame][G3]") {
  const live_frame_ptr frame = std::make_shared<live_frame>(given::room("r"), given::at(4), given::messages(5, 8));
  CHECK(frame->last() == given::at(8));
  CHECK(frame->holds(given::at(6)));
  CHECK_FALSE(frame->holds(given::at(6, 8)));
  CHECK_FALSE(frame->holds(given::at(4)));
  CHECK_FALSE(frame->holds(given::at(9)));
  const auto rest = frame->after(given::at(6));
  CHECK(rest->before() == given::at(6));
  CHECK(rest->events().size() == 2);
}

TEST_CASE("a server-sent event names the push, its position and its body on one line", "[net][live_frame][sse]") {
  const live_frame frame(given::room("r"), given::at(0), given::messages(1, 2, "one\ntwo"));
  const std::string& text = frame.bytes(wire_form::sse);
  CHECK(text.starts_with("event: batch\nid: 7:2\ndata: {\"room\":\"r\",\"prev\":0,"));
  CHECK(text.ends_with("}]}\n\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
}

TEST_CASE("a head frame is encoded once per form and its bytes are shared", "[net][live_frame]") {
  const head_frame_ptr frame = std::make_shared<head_frame>(given::room("general"), given::at(4));
  const auto first = shared_bytes(frame, wire_form::ws_json);
  CHECK(shared_bytes(frame, wire_form::ws_json).get() == first.get());
  CHECK(first->substr(2).starts_with(R"({"head":{"room":"general","head":{"term":)"));
  CHECK(frame->bytes(wire_form::sse).starts_with("event: head\ndata: {"));  // no id: a resume needs none of it
}
