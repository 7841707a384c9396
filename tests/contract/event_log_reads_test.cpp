#include "tests/contract/steps.hpp"

namespace parley::contract {
namespace {

using side = history_query::side;
using numbers = std::vector<std::uint64_t>;

event joined(std::uint64_t s) {
  auto made = said(s, "");
  made.kind = event_kind::member_joined;
  made.version = 0;
  return made;
}

/// Ten events: 1, 4 and 7 are members who joined, the rest messages.
void fill(owner& ana, const room_ref& room) {
  std::vector<event> events;
  for (std::uint64_t s = 1; s <= 10; ++s) events.push_back(s % 3 == 1 && s < 10 ? joined(s) : said(s, "m"));
  ana.say(room, std::move(events));
}

struct seen {
  numbers events;
  bool has_older;
  bool has_newer;

  friend bool operator==(const seen&, const seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const seen& s) {
    for (auto e : s.events) out << e << ' ';
    return out << (s.has_older ? "older " : "") << (s.has_newer ? "newer" : "");
  }
};

seen seen_of(const history_page& page) { return {seqs(page.events), page.has_older, page.has_newer}; }

}  // namespace

TEST_CASE("a room that nobody used is empty and has no head", "[contract][event_log][G3]") {
  const auto store = make_store();
  const auto room = room_named("unused", 3);
  CHECK(head_of(*store, room) == room_head{});
  const auto page = range_of(*store, room, 0);
  CHECK(page.events.empty());
  CHECK(page.head == room_head{});
  CHECK_FALSE(range_of(*store, room, 7).anchor.has_value());
  CHECK(seen_of(history_of(*store, room, side::newest)) == seen{{}, false, false});
}

TEST_CASE("heads come in the order of the question, with floors and marks", "[contract][event_log][G3]") {
  const auto store = make_store();
  const auto a = room_named("a", 1);
  const auto b = room_named("b", 2);
  const auto unused = room_named("unused", 2);
  owner ana(*store, "n1", {1, 2});
  ana.say(a, {said(1, "a1"), said(2, "a2")});
  ana.say(b, {said(1, "b1"), said(2, "b2"), said(3, "b3")});
  ana.trim(b, ana.at(2, 1));
  const auto heads = value_of<std::vector<marked_head>>([&](auto done) {
    store->events().heads({b, unused, a, b}, std::move(done));
  });
  const shard_mark first{ana.term_of(1), ana.n_of(1)};
  const shard_mark second{ana.term_of(2), ana.n_of(2)};
  CHECK(heads == std::vector<marked_head>{{{ana.at(2, 3), ana.at(2, 1)}, second},
                                          {{}, second},
                                          {{ana.at(1, 2), {}}, first},
                                          {{ana.at(2, 3), ana.at(2, 1)}, second}});
}

TEST_CASE("a thousand heads come in one answer", "[contract][event_log]") {
  const auto store = make_store();
  owner ana(*store, "n1", {1});
  std::vector<room_ref> rooms;
  std::vector<room_append> appends;
  for (int i = 0; i < 1000; ++i) {
    rooms.push_back(room_named("room-" + std::to_string(i), 1));
    if (i % 2 == 0) appends.push_back(ana.append_of(rooms.back(), {}, {said(1, "m")}));
  }
  REQUIRE(ana.send(ana.batch_of(std::move(appends)))->verdicts == std::vector{shard_verdict::committed});
  const auto heads =
      value_of<std::vector<marked_head>>([&](auto done) { store->events().heads(rooms, std::move(done)); });
  REQUIRE(heads.size() == rooms.size());
  bool is_right = true;
  for (std::size_t i = 0; i < heads.size(); ++i)
    is_right = is_right && heads[i].head.head == (i % 2 == 0 ? ana.at(1, 1) : position{});
  CHECK(is_right);
}

TEST_CASE("rooms whose newest event is asked for at once get their own", "[contract][event_log][G3]") {
  const auto store = make_store();
  const auto one = room_named("one", 1), many = room_named("many", 2), trimmed = room_named("trimmed", 2);
  const auto emptied = room_named("emptied", 1), unused = room_named("unused", 2);
  owner ana(*store, "n1", {1, 2});
  ana.say(one, {said(1, "one")});
  fill(ana, many);
  ana.say(trimmed, {said(1, "a"), said(2, "b"), said(3, "c")});
  ana.trim(trimmed, ana.at(2, 2));
  ana.say(trimmed, {said(4, "d")});
  ana.say(emptied, {said(1, "a"), said(2, "b")});
  ana.trim(emptied, ana.at(1, 2));
  REQUIRE(ana.n_of(1) != ana.n_of(2));

  const std::vector rooms{one, many, trimmed, emptied, unused, many};
  std::vector<std::promise<result<history_page>>> answers(rooms.size());
  for (std::size_t i = 0; i < rooms.size(); ++i)
    store->events().history({rooms[i], side::newest, {}, 1, false},
                            [&answers, i](auto page) { answers[i].set_value(std::move(page)); });
  std::vector<std::string> pages;
  for (auto& answer : answers) {
    auto promised = answer.get_future();
    if (promised.wait_for(patience) != std::future_status::ready) FAIL("no answer in time");
    const auto page = promised.get();
    std::ostringstream text;
    REQUIRE(page.has_value());
    text << seen_of(*page) << " head " << page->head.head.seq.value << " floor " << page->head.floor.seq.value << " n "
         << (page->mark == shard_mark{ana.term_of(1), ana.n_of(1)} ? 1 : 2);
    pages.push_back(text.str());
  }
  CHECK(pages == std::vector<std::string>{"1  head 1 floor 0 n 1", "10 older  head 10 floor 0 n 2",
                                          "4 older  head 4 floor 2 n 2", " head 2 floor 2 n 1", " head 0 floor 0 n 2",
                                          "10 older  head 10 floor 0 n 2"});
}

TEST_CASE("a range continues a position and proves it by the anchor", "[contract][event_log][G8]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner former(*store, "n1", {1});
  former.say(room, {said(1, "one"), said(2, "two")});
  owner present(*store, "n2", {1});
  present.say(room, {said(3, "three"), said(4, "four")});

  const auto page = range_of(*store, room, 2);
  CHECK(seqs(page.events) == numbers{3, 4});
  CHECK(page.anchor == std::optional(former.term_of(1)));
  CHECK(page.head == room_head{present.at(1, 4), {}});
  CHECK(page.mark == shard_mark{present.term_of(1), present.n_of(1)});
  CHECK(range_of(*store, room, 3).anchor == std::optional(present.term_of(1)));

  const auto at_head = range_of(*store, room, 4);
  CHECK(at_head.events.empty());
  CHECK(at_head.anchor == std::optional(present.term_of(1)));
  const auto ahead = range_of(*store, room, 5);
  CHECK(ahead.events.empty());
  CHECK_FALSE(ahead.anchor.has_value());
}

TEST_CASE("a range takes as many events as asked, from the position on", "[contract][event_log][G3]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  fill(ana, room);
  CHECK(seqs(range_of(*store, room, 0, 3).events) == numbers{1, 2, 3});
  CHECK(seqs(range_of(*store, room, 3, 1).events) == numbers{4});
  CHECK(seqs(range_of(*store, room, 8, 1000).events) == numbers{9, 10});
  CHECK(range_of(*store, room, 3, 1).head.head == ana.at(1, 10));
}

TEST_CASE("a range at and below the floor says what it can prove", "[contract][event_log][G8]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  fill(ana, room);
  ana.trim(room, ana.at(1, 4));
  const auto below = range_of(*store, room, 2);
  CHECK_FALSE(below.anchor.has_value());
  CHECK(seqs(below.events) == numbers{5, 6, 7, 8, 9, 10});
  CHECK(below.head.floor == ana.at(1, 4));
  const auto at_floor = range_of(*store, room, 4);
  CHECK(at_floor.anchor == std::optional(ana.term_of(1)));
  CHECK(at_floor.events.front()->seq == seq{5});
  ana.trim(room, ana.at(1, 10));
  const auto empty = range_of(*store, room, 10);
  CHECK(empty.anchor == std::optional(ana.term_of(1)));
  CHECK(empty.events.empty());
  CHECK(empty.head == room_head{ana.at(1, 10), ana.at(1, 10)});
}

TEST_CASE("history of all events pages in both directions", "[contract][event_log][history]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  fill(ana, room);
  const auto events = [&](side where, std::uint64_t s, std::uint32_t limit) {
    return seen_of(history_of(*store, room, where, s, limit, false));
  };
  CHECK(events(side::newest, 0, 4) == seen{{7, 8, 9, 10}, true, false});
  CHECK(events(side::newest, 0, 10) == seen{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, false, false});
  CHECK(events(side::before, 7, 3) == seen{{4, 5, 6}, true, true});
  CHECK(events(side::before, 3, 3) == seen{{1, 2}, false, true});
  CHECK(events(side::before, 100, 1) == seen{{10}, true, false});
  CHECK(events(side::after, 7, 2) == seen{{8, 9}, true, true});
  CHECK(events(side::after, 8, 2) == seen{{9, 10}, true, false});
  CHECK(events(side::after, 0, 2) == seen{{1, 2}, false, true});
  CHECK(events(side::around, 5, 4) == seen{{3, 4, 5, 6}, true, true});
  CHECK(events(side::around, 5, 5) == seen{{3, 4, 5, 6, 7}, true, true});
  CHECK(events(side::around, 1, 4) == seen{{1, 2}, false, true});
  CHECK(events(side::around, 10, 4) == seen{{8, 9, 10}, true, false});
  CHECK(events(side::around, 5, 1) == seen{{5}, true, true});
  CHECK(seqs(history_of(*store, room, side::before, 1, 5, false).events).empty());
  CHECK(seqs(history_of(*store, room, side::after, 10, 5, false).events).empty());
}

TEST_CASE("history of messages counts messages only", "[contract][event_log][history]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  fill(ana, room);  // messages: 2 3 5 6 8 9 10
  const auto messages = [&](side where, std::uint64_t s, std::uint32_t limit) {
    return seen_of(history_of(*store, room, where, s, limit, true));
  };
  CHECK(messages(side::newest, 0, 4) == seen{{6, 8, 9, 10}, true, false});
  CHECK(messages(side::newest, 0, 7) == seen{{2, 3, 5, 6, 8, 9, 10}, false, false});
  CHECK(messages(side::before, 6, 2) == seen{{3, 5}, true, true});
  CHECK(messages(side::before, 4, 2) == seen{{2, 3}, false, true});
  CHECK(messages(side::after, 6, 2) == seen{{8, 9}, true, true});
  CHECK(messages(side::after, 1, 3) == seen{{2, 3, 5}, false, true});
  CHECK(messages(side::around, 7, 4) == seen{{5, 6, 8, 9}, true, true});
  CHECK(messages(side::around, 5, 3) == seen{{3, 5, 6}, true, true});
}

TEST_CASE("a history page carries the head, the floor and the mark of its snapshot", "[contract][event_log][G3]") {
  const auto store = make_store();
  const auto room = room_named("general", 1);
  owner ana(*store, "n1", {1});
  fill(ana, room);
  ana.trim(room, ana.at(1, 3));
  const auto page = history_of(*store, room, side::before, 6, 50, false);
  CHECK(seen_of(page) == seen{{4, 5}, false, true});
  CHECK(page.head == room_head{ana.at(1, 10), ana.at(1, 3)});
  CHECK(page.mark == shard_mark{ana.term_of(1), ana.n_of(1)});
}

}  // namespace parley::contract
