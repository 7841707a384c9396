#include "tests/contract/given_subscriptions.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>
#include <set>

using namespace parley;
using namespace parley::testing;

TEST_CASE("a wish is sent once the link stands, and told once the server confirmed", "[redis]") {
  subscription_book book;
  CHECK_FALSE(book.want("a", general));
  CHECK(book.commands().empty());
  book.link_opened();
  CHECK(book.commands() == subscribe({"a"}));
  CHECK(book.commands().empty());
  const auto reply = book.replied(push("subscribe", "a"));
  REQUIRE(is_told(reply));
  CHECK(std::get<subscription_confirmed>(reply).subject == channel_subject{general});
}

TEST_CASE("a wish for what stands already is told at once", "[redis]") {
  auto book = standing_on("a");
  CHECK(book.want("a", general));
  CHECK(book.commands().empty());
}

TEST_CASE("messages are taken from confirmed and wanted channels only", "[redis]") {
  subscription_book book;
  book.link_opened();
  book.want("a", general);
  book.commands();
  CHECK_FALSE(is_message(book.replied(push("message", "a"))));
  book.replied(push("subscribe", "a"));
  const auto got = book.replied(push("message", "a", "hello"));
  REQUIRE(is_message(got));
  CHECK(std::get<channel_message>(got).payload == "hello");
  CHECK_FALSE(is_message(book.replied(push("message", "b"))));
  book.unwant("a");
  CHECK_FALSE(is_message(book.replied(push("message", "a"))));
  CHECK(book.commands() == unsubscribe({"a"}));
  CHECK_FALSE(is_message(book.replied(push("message", "a"))));
}

TEST_CASE("a wish that changes its mind before it was sent sends nothing", "[redis]") {
  subscription_book book;
  book.link_opened();
  book.want("a", general);
  book.unwant("a");
  CHECK(book.commands().empty());
  CHECK(book.wanted() == 0);
}

TEST_CASE("a wish that ends while it is under way is taken back after its confirmation", "[redis]") {
  subscription_book book;
  book.link_opened();
  book.want("a", general);
  book.commands();
  book.unwant("a");
  CHECK(book.commands().empty());
  CHECK_FALSE(is_told(book.replied(push("subscribe", "a"))));
  CHECK(book.commands() == unsubscribe({"a"}));
}

TEST_CASE("a wish that comes back while its end is under way is subscribed again before it is told", "[redis]") {
  auto book = standing_on("a");
  book.unwant("a");
  CHECK(book.commands() == unsubscribe({"a"}));
  CHECK_FALSE(book.want("a", general));
  CHECK(book.commands().empty());
  CHECK_FALSE(is_told(book.replied(push("unsubscribe", "a"))));
  CHECK(book.commands() == subscribe({"a"}));
  CHECK(is_told(book.replied(push("subscribe", "a"))));
}

TEST_CASE("a new link subscribes what is wanted, the canary first, and nothing else", "[redis]") {
  subscription_book book;
  book.link_opened();
  for (char c = 'a'; c < 'g'; ++c) book.want(std::string(1, c), general);
  book.want("canary", canary_channel{});
  book.commands();
  book.unwant("a");
  book.link_lost();
  book.unwant("b");
  CHECK(book.commands().empty());
  book.link_opened();
  const auto sent = book.commands();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].channels[0] == "canary");
  CHECK(std::set<std::string>(sent[0].channels.begin(), sent[0].channels.end()) ==
        std::set<std::string>{"canary", "c", "d", "e", "f"});
}

TEST_CASE("confirmations that are no answer to the command in turn are a fault", "[redis]") {
  subscription_book book;
  book.link_opened();
  CHECK(is_fault(book.replied(push("subscribe", "a"))));
  book.want("a", general);
  book.want("b", general);
  book.commands();
  SECTION("another channel") { CHECK(is_fault(book.replied(push("subscribe", "b")))); }
  SECTION("another verb") { CHECK(is_fault(book.replied(push("unsubscribe", "a")))); }
  SECTION("an unknown word") { CHECK(is_fault(book.replied(push("pmessage", "a")))); }
  SECTION("not a push") { CHECK(is_fault(book.replied(text("OK")))); }
  SECTION("too short a push") {
    auto shortened = push("message", "a");
    shortened.elements.pop_back();
    CHECK(is_fault(book.replied(shortened)));
  }
  SECTION("a refusal") {
    resp_value refusal;
    refusal.kind = value_kind::error;
    refusal.text = "NOPERM";
    const auto got = book.replied(refusal);
    REQUIRE(is_fault(got));
    CHECK(std::get<reply_fault>(got).reason == "refused: NOPERM");
  }
}

TEST_CASE("many wishes go in bounded portions, each channel once", "[redis][G9]") {
  subscription_book book;
  book.link_opened();
  constexpr std::size_t rooms = 10000;
  for (std::size_t i = 0; i < rooms; ++i) book.want(std::to_string(i), general);
  std::size_t told = 0;
  auto out = book.commands();
  CHECK(out.size() <= 32);
  std::deque<std::string> unanswered;
  const auto note = [&](const commands& sent) {
    for (const auto& c : sent) unanswered.insert(unanswered.end(), c.channels.begin(), c.channels.end());
  };
  note(out);
  while (!unanswered.empty()) {
    REQUIRE(unanswered.size() <= 32 * 64);
    told += is_told(book.replied(push("subscribe", unanswered.front())));
    unanswered.pop_front();
    note(book.commands());
  }
  CHECK(told == rooms);
}

// A model server answers what the book sends; whatever the wishes and losses were, both agree in the end.
TEST_CASE("after any wishes, losses and answers, what stands is what is wanted", "[redis]") {
  const auto seed = GENERATE(take(200, random(0, 1 << 30)));
  CAPTURE(seed);
  std::mt19937 dice(static_cast<unsigned>(seed));
  subscription_book book;
  std::set<std::string> wanted, stands, told;
  std::deque<resp_value> answers;
  bool is_open = false;
  const auto serve = [&] {
    for (const auto& c : book.commands())
      for (const auto& channel : c.channels) {
        const bool adds = c.verb == verb_kind::subscribe;
        REQUIRE(stands.contains(channel) != adds);
        adds ? (void)stands.insert(channel) : (void)stands.erase(channel);
        answers.push_back(push(adds ? "subscribe" : "unsubscribe", channel));
      }
  };
  const auto hear = [&] {
    const std::string channel = answers.front().elements[1].text;
    const auto reply = book.replied(std::move(answers.front()));
    answers.pop_front();
    REQUIRE_FALSE(is_fault(reply));
    if (is_told(reply)) told.insert(channel);
  };
  for (int step = 0; step < 300; ++step) {
    const std::string channel(1, static_cast<char>('a' + dice() % 5));
    switch (dice() % 6) {
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
      case 3: serve(); break;
      case 4:
        if (!answers.empty()) hear();
        break;
      case 5:
        if (dice() % 4 != 0) break;
        if (is_open) {
          book.link_lost();
          stands.clear();
          told.clear();
          answers.clear();
        } else {
          book.link_opened();
        }
        is_open = !is_open;
        break;
    }
  }
  if (!is_open) book.link_opened();
  for (serve(); !answers.empty(); serve()) hear();
  CHECK(stands == wanted);
  CHECK(told == wanted);
  CHECK(book.wanted() == wanted.size());
}
