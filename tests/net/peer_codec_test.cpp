#include "net/peer/peer_codec.hpp"

#include "tests/net/given_peer.hpp"

#include "parley/internal/peer.pb.h"

#include <catch2/catch.hpp>

#include <functional>

using namespace parley;
using namespace parley::net;

namespace {

const peer_bounds bounds;

std::string frame_of(peer::item one) {
  std::deque<peer::item> waiting{std::move(one)};
  return next_frame(waiting, bounds).bytes;
}

template <class Item>
Item round_trip(const Item& one, peer_says expected) {
  const auto back = decode_items(frame_of(one), expected, bounds);
  REQUIRE(back.has_value());
  REQUIRE(back->size() == 1);
  return std::get<Item>(back->front());
}

internal::PeerFrame parsed(const std::string& bytes) {
  internal::PeerFrame frame;
  REQUIRE(frame.ParseFromString(bytes));
  return frame;
}

using change = std::function<void(internal::PeerItem&)>;

bool is_refused(const peer::item& good, peer_says expected, const change& spoil) {
  auto frame = parsed(frame_of(good));
  REQUIRE(decode_items(frame.SerializeAsString(), expected, bounds).has_value());
  spoil(*frame.mutable_items(0));
  return !decode_items(frame.SerializePartialAsString(), expected, bounds);
}

}  // namespace

TEST_CASE("a publish comes through with every field", "[net][peer]") {
  auto sent = given::publish(5, "h\xC3\xA9llo");
  auto more = std::make_shared<draft>(*sent.what);
  more->body.parts = {{"image", part::body_kind::url, "https://x.example/a.png"},
                      {"note", part::body_kind::content, "aside"}};
  more->body.metadata = R"({"a":1,"b":[true,null,"x"]})";
  sent.what = more;
  const auto got = round_trip(sent, peer_says::questions);
  CHECK(got.request == 5);
  CHECK(got.shard == sent.shard);
  CHECK(got.term == sent.term);
  CHECK(got.instance == sent.instance);
  CHECK(got.room == sent.room);
  CHECK(got.session == sent.session);
  CHECK(got.round == sent.round);
  CHECK(got.what->sender == more->sender);
  CHECK(got.what->client_msg_id == more->client_msg_id);
  CHECK(got.what->body == more->body);
  CHECK(got.what->reply_to == more->reply_to);
  CHECK(got.what->digest == more->digest);
}

TEST_CASE("the other questions come through", "[net][peer]") {
  const auto asked = round_trip(peer::head_question{8, shard_id{255}, "default", "a.b~c"}, peer_says::questions);
  CHECK(asked.request == 8);
  CHECK(asked.shard == shard_id{255});
  CHECK(asked.instance == "default");
  CHECK(asked.room == "a.b~c");
  for (const auto from : {peer_says::questions, peer_says::answers})
    CHECK(round_trip(peer::look{database_id{2}}, from).database == database_id{2});
}

TEST_CASE("every answer comes through", "[net][peer]") {
  auto sent = given::published(6);
  sent.duplicate = true;
  const auto done = round_trip(sent, peer_says::answers);
  CHECK(done.request == 6);
  CHECK(done.at_position == sent.at_position);
  CHECK(done.at == sent.at);
  CHECK(done.duplicate);
  const refusal late{refusal_code::outcome_unknown, "repeat it", milliseconds{150}};
  CHECK(round_trip(peer::refused{7, late}, peer_says::answers).why == late);
  const refusal plain{refusal_code::room_not_found, "", std::nullopt};
  CHECK(round_trip(peer::refused{7, plain}, peer_says::answers).why == plain);
  CHECK(round_trip(peer::not_owner{9}, peer_says::answers).request == 9);
  const room_head known{{term{41}, seq{12}}, {term{40}, seq{3}}};
  CHECK(round_trip(peer::head{10, known}, peer_says::answers).what == known);
  CHECK(round_trip(peer::head{10, room_head{}}, peer_says::answers).what == room_head{});
  CHECK_FALSE(round_trip(peer::head{10, std::nullopt}, peer_says::answers).what.has_value());
}

TEST_CASE("what waits goes out in order, in frames that hold their bounds", "[net][peer]") {
  std::deque<peer::item> waiting;
  for (std::uint64_t n = 1; n <= 100; ++n) waiting.push_back(given::publish(n, std::string(65'000, 'x')));
  for (std::uint64_t n = 101; n <= 10'000; ++n) waiting.push_back(given::publish(n));
  std::uint64_t last = 0;
  std::size_t frames = 0;
  for (; !waiting.empty(); ++frames) {
    const auto frame = next_frame(waiting, bounds).bytes;
    REQUIRE(frame.size() <= bounds.frame_bytes_max);
    const auto items = decode_items(frame, peer_says::questions, bounds);
    REQUIRE(items.has_value());
    for (const auto& one : *items) REQUIRE(given::request_of(one) == ++last);
  }
  CHECK(last == 10'000);
  CHECK(frames < 20);
}

TEST_CASE("an item's bound is never below its bytes", "[net][peer]") {
  auto small = given::publish(~std::uint64_t{0});
  auto more = std::make_shared<draft>();
  more->sender = std::string(128, 's');
  more->reply_to = seq{(std::uint64_t{1} << 53) - 1};
  for (int n = 0; n < 500; ++n) more->body.parts.push_back({"a", part::body_kind::content, "b"});
  small.what = more;
  small.shard = shard_id{65'535};
  small.term = term{(std::uint64_t{1} << 53) - 1};
  small.session = session_id{~std::uint64_t{0}};
  small.round = ~write_gate::round{0};
  const peer::head largest{~std::uint64_t{0}, room_head{{small.term, more->reply_to}, {small.term, more->reply_to}}};
  for (const peer::item& one : {peer::item{small}, peer::item{largest}})
    CHECK(frame_of(one).size() <= encoded_bytes_max(one));
}

TEST_CASE("a frame holds the largest draft that a node accepts, of whatever parts", "[net][peer]") {
  const std::size_t content_bytes = GENERATE(65'536u, 1'048'576u);
  const auto large = bounds_for(content_bytes);
  auto many = std::make_shared<draft>();
  many->sender = std::string(128, 's');
  many->client_msg_id = std::string(128, 'k');
  many->body.parts.assign(content_bytes / 2, {"a", part::body_kind::content, "1"});
  auto one = std::make_shared<draft>(*many);
  one->body.parts.clear();
  one->body.text = std::string(content_bytes, 'x');
  for (const auto& what : {many, one}) {
    auto item = given::publish(1);
    item.room = std::string(128, 'r');
    item.what = what;
    CHECK(encoded_bytes_max(item) <= large.frame_bytes_max);
  }
  // What goes together is what every node takes.
  std::deque<peer::item> waiting;
  for (std::uint64_t n = 1; n <= 100; ++n) waiting.push_back(given::publish(n, std::string(65'000, 'x')));
  while (!waiting.empty()) CHECK(next_frame(waiting, large).bytes.size() <= 1024 * 1024);
}

TEST_CASE("a publish with a field out of its range is refused", "[net][peer][bad_input]") {
  const auto spoiled = [](const std::function<void(internal::PeerPublish&)>& spoil) {
    return is_refused(given::publish(1), peer_says::questions,
                      [&](internal::PeerItem& item) { spoil(*item.mutable_publish()); });
  };
  using publish = internal::PeerPublish;
  CHECK(spoiled([](publish& p) { p.set_shard(65'536); }));
  CHECK(spoiled([](publish& p) { p.set_term(std::uint64_t{1} << 53); }));
  CHECK(spoiled([](publish& p) { p.clear_instance(); }));
  CHECK(spoiled([](publish& p) { p.set_instance(std::string("a\0b", 3)); }));
  CHECK(spoiled([](publish& p) { p.set_room(std::string(129, 'r')); }));
  CHECK(spoiled([](publish& p) { p.set_room("../x"); }));
  CHECK(spoiled([](publish& p) { p.clear_draft(); }));
  CHECK(spoiled([](publish& p) { p.clear_digest(); }));
  CHECK(spoiled([](publish& p) { p.set_digest(std::string(15, 'd')); }));
  CHECK(spoiled([](publish& p) { p.set_digest(std::string(17, 'd')); }));
}

TEST_CASE("a draft that no client may send is refused", "[net][peer][bad_input]") {
  const auto spoiled = [](const std::function<void(internal::StoredEvent&)>& spoil) {
    return is_refused(given::publish(1), peer_says::questions,
                      [&](internal::PeerItem& item) { spoil(*item.mutable_publish()->mutable_draft()); });
  };
  using stored = internal::StoredEvent;
  CHECK(spoiled([](stored& e) { e.clear_sender(); }));
  CHECK(spoiled([](stored& e) { e.set_sender("a b"); }));
  CHECK(spoiled([](stored& e) { e.set_client_msg_id(std::string(129, 'c')); }));
  CHECK(spoiled([](stored& e) { e.set_client_msg_id("a b"); }));
  CHECK(spoiled([](stored& e) { e.clear_text(); }));
  CHECK(spoiled([](stored& e) { e.set_text(std::string("a\0b", 3)); }));
  CHECK(spoiled([](stored& e) { e.set_text(std::string(bounds.content_bytes_max + 1, 'x')); }));
  CHECK(spoiled([](stored& e) { e.add_parts()->set_type("image"); }));
  CHECK(spoiled([](stored& e) { e.add_parts()->set_content("no type"); }));
  CHECK(spoiled([](stored& e) { e.set_metadata("{"); }));
  CHECK(spoiled([](stored& e) { e.set_metadata("[1]"); }));
  CHECK(spoiled([](stored& e) { e.set_metadata(R"({"a":"\u0000"})"); }));
  CHECK(spoiled([](stored& e) { e.set_reply_to(std::uint64_t{1} << 53); }));
  CHECK(spoiled([](stored& e) { e.set_at_ms(1); }));
  CHECK(spoiled([](stored& e) { e.set_target(1); }));
  CHECK(spoiled([](stored& e) { e.set_version(1); }));
  CHECK(spoiled([](stored& e) { e.set_deleted(true); }));
}

TEST_CASE("an answer with a field out of its range is refused", "[net][peer][bad_input]") {
  const auto answer = [](const peer::item& good, const change& spoil) {
    return is_refused(good, peer_says::answers, spoil);
  };
  const peer::item done = given::published(1);
  CHECK(answer(done, [](auto& i) { i.mutable_published()->clear_seq(); }));
  CHECK(answer(done, [](auto& i) { i.mutable_published()->set_seq(std::uint64_t{1} << 53); }));
  CHECK(answer(done, [](auto& i) { i.mutable_published()->set_term(~std::uint64_t{0}); }));
  CHECK(answer(done, [](auto& i) { i.mutable_published()->set_at_ms(-1); }));
  const peer::item no = peer::refused{1, {refusal_code::unavailable, "later", milliseconds{1}}};
  CHECK(answer(no, [](auto& i) { i.mutable_refused()->set_code(1); }));
  CHECK(answer(no, [](auto& i) { i.mutable_refused()->set_message(std::string(1'025, 'm')); }));
  CHECK(answer(no, [](auto& i) { i.mutable_refused()->set_message(std::string("\0", 1)); }));
  CHECK(answer(no, [](auto& i) { i.mutable_refused()->set_retry_after_ms(~std::uint64_t{0}); }));
  const peer::item head = peer::head{1, room_head{{term{4}, seq{4}}, {term{2}, seq{2}}}};
  CHECK(answer(head, [](auto& i) { i.mutable_head()->set_floor_seq(5); }));
  CHECK(answer(head, [](auto& i) { i.mutable_head()->set_term(std::uint64_t{1} << 53); }));
  CHECK(answer(head, [](auto& i) { i.mutable_head()->set_is_known(false); }));
}

TEST_CASE("a question is no answer, and an answer no question", "[net][peer][bad_input]") {
  const peer::item asked[] = {given::publish(1), peer::head_question{1, shard_id{}, "i", "r"}};
  const peer::item answered[] = {given::published(1), peer::refused{1, {refusal_code::internal, "", {}}},
                                 peer::not_owner{1}, peer::head{1, std::nullopt}};
  for (const auto& one : asked) CHECK_FALSE(decode_items(frame_of(one), peer_says::answers, bounds).has_value());
  for (const auto& one : answered) CHECK_FALSE(decode_items(frame_of(one), peer_says::questions, bounds).has_value());
}

TEST_CASE("a frame that is cut, empty, mixed, too long or of a later version is refused", "[net][peer][bad_input]") {
  const auto good = frame_of(given::publish(1));
  const auto is_fine = [](const std::string& bytes) {
    return decode_items(bytes, peer_says::questions, bounds).has_value();
  };
  REQUIRE(is_fine(good));
  for (std::size_t length = 0; length < good.size(); ++length) REQUIRE_FALSE(is_fine(good.substr(0, length)));
  CHECK_FALSE(is_fine(encode_hello({1, "c", {"n1", "i"}, "w", 4})));
  CHECK_FALSE(is_fine(encode_hello({1, "c", {"n1", "i"}, "w", 4}) + good));
  CHECK_FALSE(is_fine(std::string(2, '\xFF')));
  internal::PeerFrame frame = parsed(good);
  frame.add_items();  // what a later version's item looks like to this one
  CHECK_FALSE(is_fine(frame.SerializeAsString()));
  internal::PeerFrame many;
  for (std::size_t n = 0; n < bounds.items_max; ++n) many.add_items()->mutable_look();
  CHECK(is_fine(many.SerializeAsString()));
  many.add_items()->mutable_look();
  CHECK_FALSE(is_fine(many.SerializeAsString()));
  auto narrow = bounds;
  narrow.frame_bytes_max = good.size() - 1;
  CHECK_FALSE(decode_items(good, peer_says::questions, narrow).has_value());
}

TEST_CASE("a hello comes through, whatever its version", "[net][peer]") {
  const peer_hello said{7, "6f1d", {"n-1.x", "a81c"}, "77b0", 256};
  CHECK(decode_hello(encode_hello(said)) == said);
  const peer_hello answer{1, "6f1d", {"n2", "a81c"}, "", 256};
  CHECK(decode_hello(encode_hello(answer)) == answer);
}

TEST_CASE("what is no hello, or more than one, is refused", "[net][peer][bad_input]") {
  const auto is_fine = [](const peer_hello& said) { return decode_hello(encode_hello(said)).has_value(); };
  const peer_hello good{1, "c", {"n1", "i"}, "w", 4};
  REQUIRE(is_fine(good));
  const auto bytes = encode_hello(good);
  CHECK_FALSE(decode_hello("").has_value());
  CHECK_FALSE(decode_hello("GET / HTTP/1.1\r\n\r\n").has_value());
  CHECK_FALSE(decode_hello(bytes.substr(0, bytes.size() - 1)).has_value());
  CHECK_FALSE(decode_hello(frame_of(given::publish(1))).has_value());
  CHECK_FALSE(decode_hello(bytes + frame_of(given::publish(1))).has_value());
  CHECK_FALSE(is_fine({1, "", {"n1", "i"}, "w", 4}));
  CHECK_FALSE(is_fine({1, "c", {"", "i"}, "w", 4}));
  CHECK_FALSE(is_fine({1, "c", {"n 1", "i"}, "w", 4}));
  CHECK_FALSE(is_fine({1, "c", {"n1", ""}, "w", 4}));
  CHECK_FALSE(is_fine({1, "c", {"n1", "i"}, "w w", 4}));
  CHECK_FALSE(is_fine({1, std::string(129, 'c'), {"n1", "i"}, "w", 4}));
  CHECK_FALSE(decode_hello(bytes + std::string(hello_bytes_max, '\0')).has_value());
}
