#include "net/recent_batches.hpp"

#include "tests/net/given.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::net;

namespace {

push::batch page(event_list events) { return {"general", seq{4}, push::phase::history, std::move(events)}; }

}  // namespace

TEST_CASE("a history batch is encoded once for all who are sent the same events", "[net][recent_batches]") {
  recent_batches recent;
  const auto events = given::messages(5, 14);
  const auto first = recent.bytes(wire_form::ws_json, page(events));
  CHECK(recent.bytes(wire_form::ws_json, page(events)).get() == first.get());
  CHECK(*first == wire_bytes(wire_form::ws_json, server_message{0, page(events)}, greeting{}));
}

TEST_CASE("a history batch of other events, another place or form has its own bytes", "[net][recent_batches][G3]") {
  recent_batches recent;
  auto events = given::messages(5, 14);
  (void)recent.bytes(wire_form::ws_json, page(events));
  auto asked = page(events);
  auto form = wire_form::ws_json;
  SECTION("a newer version of an event in the middle") { asked.events[5] = given::message(10, "edited"); }
  SECTION("one event less") { asked.events.pop_back(); }
  SECTION("another place") { asked.before = seq{3}; }
  SECTION("another phase") { asked.phase = push::phase::live; }
  SECTION("another room") { asked.room = "other"; }
  SECTION("another form") { form = wire_form::ws_proto; }
  SECTION("too few to be kept") { asked.events.resize(2); }
  CHECK(*recent.bytes(form, asked) == wire_bytes(form, server_message{0, asked}, greeting{}));
}

TEST_CASE("a history batch that nobody asks for is forgotten with its events", "[net][recent_batches]") {
  recent_batches recent;
  auto events = given::messages(5, 14);
  const std::weak_ptr<const event> held = events.front();
  (void)recent.bytes(wire_form::ws_json, page(std::exchange(events, {})));
  recent.sweep();
  CHECK_FALSE(held.expired());
  recent.sweep();
  CHECK(held.expired());
}
