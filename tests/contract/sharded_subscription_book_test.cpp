#include "tests/contract/given_subscriptions.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>
#include <set>

using namespace parley;
using namespace parley::testing;

namespace {

resp_value refusal(std::string why) {
  resp_value v;
  v.kind = value_kind::error;
  v.text = std::move(why);
  return v;
}

/// The answer to a PING, as a link with subscriptions gets it.
resp_value pong() {
  resp_value v;
  v.kind = value_kind::array;
  v.elements = {text("pong"), text("")};
  return v;
}

resp_value status(std::string s) {
  resp_value v;
  v.kind = value_kind::status;
  v.text = std::move(s);
  return v;
}

bool is_ended(const book_reply& r) { return std::holds_alternative<subscription_ended>(r); }
bool is_redirected(const book_reply& r) { return std::holds_alternative<command_redirected>(r); }
bool is_ignored(const book_reply& r) { return std::holds_alternative<reply_ignored>(r); }

subscription_book sharded_standing_on(const std::string& channel) {
  subscription_book book{sharded_pubsub};
  book.link_opened();
  book.want(channel, general);
  book.commands();
  REQUIRE(is_told(book.replied(push("ssubscribe", channel))));
  REQUIRE(is_ignored(book.replied(pong())));
  return book;
}

}  // namespace

TEST_CASE("sharded channels are asked for slot by slot, each command with a PING behind it", "[redis][cluster]") {
  subscription_book book{sharded_pubsub};
  book.link_opened();
  for (const auto* channel : {"{foo}1", "{bar}1", "{foo}2"}) book.want(channel, general);
  const auto sent = book.commands();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].channels == std::vector<std::string>{"{foo}1", "{foo}2"});
  CHECK(sent[1].channels == std::vector<std::string>{"{bar}1"});
  CHECK(format({sent[1]}, sharded_pubsub) == "*2\r\n$10\r\nSSUBSCRIBE\r\n$6\r\n{bar}1\r\n*1\r\n$4\r\nPING\r\n");
}

TEST_CASE("a redirected command names its slot, and its channels are asked for once they are wanted again",
          "[redis][cluster]") {
  subscription_book book{sharded_pubsub};
  book.link_opened();
  book.want("{foo}1", general);
  book.want("{foo}2", general);
  book.commands();
  const auto got = book.replied(refusal("MOVED 12182 other:1"));
  REQUIRE(is_redirected(got));
  CHECK(std::get<command_redirected>(got).slot == key_slot{12182});
  CHECK(std::get<command_redirected>(got).where.target == server_name{"other", "1"});
  CHECK(is_ignored(book.replied(status("PONG"))));  // a link without subscriptions
  CHECK(book.commands().empty());
  book.unwant("{foo}1");
  book.want("{foo}2", general);
  CHECK(book.commands() == commands{{verb_kind::subscribe, {"{foo}2"}, key_slot{12182}}});
}

TEST_CASE("a subscription that the server ended is told, and not asked for again by itself", "[redis][cluster]") {
  auto book = sharded_standing_on("{foo}1");
  const auto got = book.replied(push("sunsubscribe", "{foo}1", "0"));
  REQUIRE(is_ended(got));
  CHECK(std::get<subscription_ended>(got).slot == key_slot{12182});
  CHECK(book.commands().empty());
  CHECK_FALSE(is_message(book.replied(push("smessage", "{foo}1", "hello"))));
  CHECK_FALSE(book.want("{foo}1", general));
  CHECK(book.commands() == commands{{verb_kind::subscribe, {"{foo}1"}, key_slot{12182}}});
}

TEST_CASE("an end that meets our own unsubscription is no answer to the command behind it", "[redis][cluster]") {
  auto book = sharded_standing_on("{foo}1");
  book.unwant("{foo}1");
  book.commands();
  book.want("{bar}1", general);
  book.commands();
  CHECK(is_ignored(book.replied(push("sunsubscribe", "{foo}1"))));  // the slot went away
  CHECK(is_ignored(book.replied(refusal("MOVED 12182 other:1"))));  // so our own finds nothing
  CHECK(is_ignored(book.replied(pong())));
  CHECK(is_told(book.replied(push("ssubscribe", "{bar}1"))));
  CHECK(is_ignored(book.replied(pong())));
  CHECK(book.wanted() == 1);
}

TEST_CASE("an unsubscription that was answered twice ends with its PING", "[redis][cluster]") {
  auto book = sharded_standing_on("{foo}1");
  book.unwant("{foo}1");
  book.commands();
  book.want("{foo}1", general);  // meanwhile
  CHECK(is_ignored(book.replied(push("sunsubscribe", "{foo}1"))));
  CHECK(is_ignored(book.replied(push("sunsubscribe", "{foo}1"))));
  CHECK(book.commands().empty());
  CHECK(is_ignored(book.replied(pong())));
  CHECK(book.commands() == commands{{verb_kind::subscribe, {"{foo}1"}, key_slot{12182}}});
}

TEST_CASE("what no Redis Cluster says is a fault", "[redis][cluster][security]") {
  auto book = sharded_standing_on("{foo}1");
  SECTION("a PING's answer to nothing") { CHECK(is_fault(book.replied(pong()))); }
  SECTION("a redirection of nothing") { CHECK(is_fault(book.replied(refusal("MOVED 1 a:1")))); }
  SECTION("the words of an independent server") { CHECK(is_fault(book.replied(push("subscribe", "{foo}1")))); }
  SECTION("a refusal that is no redirection") {
    book.want("{bar}1", general);
    book.commands();
    CHECK(is_fault(book.replied(refusal("NOPERM"))));
  }
  SECTION("a missing confirmation") {
    book.want("{bar}1", general);
    book.commands();
    CHECK(is_fault(book.replied(pong())));
  }
  SECTION("two redirections of one command") {
    book.want("{bar}1", general);
    book.commands();
    CHECK(is_redirected(book.replied(refusal("CLUSTERDOWN"))));
    CHECK(is_fault(book.replied(refusal("CLUSTERDOWN"))));
  }
  SECTION("an end of what never was") { CHECK(is_ignored(book.replied(push("sunsubscribe", "{bar}1")))); }
}

// A model master answers what the book sends, and loses and gets slots meanwhile.
TEST_CASE("after any wishes and moves of slots, what stands is what is wanted and there", "[redis][cluster]") {
  const auto seed = GENERATE(take(200, random(0, 1 << 30)));
  CAPTURE(seed);
  std::mt19937 dice(static_cast<unsigned>(seed));
  subscription_book book{sharded_pubsub};
  book.link_opened();
  const std::vector<std::string> channels{"{1}x", "{1}y", "{2}x", "{3}x"};
  std::set<std::string> wanted, stands, told;
  std::set<key_slot> here;
  for (const auto& channel : channels) here.insert(slot_of(channel));
  std::deque<resp_value> answers;
  std::deque<subscription_command> sent;
  const auto serve = [&] {  // the server works off one command
    if (sent.empty()) return;
    const auto command = std::move(sent.front());
    sent.pop_front();
    if (!here.contains(command.slot)) {
      answers.push_back(refusal("MOVED " + std::to_string(command.slot.value) + " other:1"));
    } else {
      for (const auto& channel : command.channels) {
        const bool adds = command.verb == verb_kind::subscribe;
        adds ? (void)stands.insert(channel) : (void)stands.erase(channel);
        answers.push_back(push(adds ? "ssubscribe" : "sunsubscribe", channel));
      }
    }
    answers.push_back(stands.empty() ? status("PONG") : pong());
  };
  const auto hear = [&] {
    const std::string channel = answers.front().elements.size() == 3 ? answers.front().elements[1].text : "";
    const auto reply = book.replied(std::move(answers.front()));
    answers.pop_front();
    REQUIRE_FALSE(is_fault(reply));
    if (is_told(reply)) told.insert(channel);
    if (is_ended(reply)) told.erase(channel);
  };
  const auto send = [&] {
    const auto made = book.commands();
    sent.insert(sent.end(), made.begin(), made.end());
  };
  for (int step = 0; step < 300; ++step) {
    const auto& channel = channels[dice() % channels.size()];
    switch (dice() % 8) {
      case 0:
      case 1:
        wanted.insert(channel);
        if (book.want(channel, general)) told.insert(channel);
        break;
      case 2:
        wanted.erase(channel);
        told.erase(channel);
        book.unwant(channel);
        break;
      case 3: send(); break;
      case 4: serve(); break;
      case 5:
      case 6:
        if (!answers.empty()) hear();
        break;
      case 7:
        if (dice() % 3 != 0) break;
        if (here.insert(slot_of(channel)).second) break;
        here.erase(slot_of(channel));
        for (const auto& each : channels)
          if (slot_of(each) == slot_of(channel) && stands.erase(each)) answers.push_back(push("sunsubscribe", each));
        break;
    }
  }
  for (const auto& channel : channels) here.insert(slot_of(channel));
  const auto settle = [&] {
    for (send(); !sent.empty() || !answers.empty(); send()) {
      serve();
      while (!answers.empty()) hear();
    }
  };
  settle();
  for (const auto& channel : wanted)
    if (book.want(channel, general)) told.insert(channel);  // as the cluster's book does with the next map
  settle();
  CHECK(stands == wanted);
  CHECK(told == wanted);
  CHECK(book.wanted() == wanted.size());
}
