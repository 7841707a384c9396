#include "actors/core/room_log.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

room_log::asker asker(std::uint64_t session, std::uint64_t number = 1, write_gate::round round = 1) {
  return {session_id{session}, round, number};
}
room_log log_at(position head, position floor = {}, room_log_options options = {}) {
  return room_log{room_named("general"), head_at(head, floor), options};
}
ticket queued(room_log& log, const room_log::asker& from, const std::shared_ptr<draft>& d) {
  const auto decision = log.publish(from, d, noon);
  REQUIRE(std::holds_alternative<room_log::queue>(decision));
  return std::get<room_log::queue>(decision).ticket;
}
outcome::committed committed_as(const draft& d, position where) {
  auto e = std::make_shared<event>(*event_at(where.term.value, where.seq.value));
  e->sender = d.sender;
  e->client_msg_id = d.client_msg_id;
  return {e, d.digest};
}
refusal_code code_of(const room_log::decision& decision) {
  return std::get<refusal>(std::get<room_log::answer>(decision).what).code;
}
refusal_code code_of(const room_log::answer& a) { return std::get<refusal>(a.what).code; }
reply::published ack_of(const room_log::answer& a) { return std::get<reply::published>(a.what); }

}  // namespace

TEST_CASE("a publish is acknowledged when it is committed, not before", "[core][room_log][G1]") {
  auto log = log_at(at(3, 41));
  const auto hello = draft_of("ana", "c-1");
  const auto t = queued(log, asker(1, 7), hello);
  CHECK(log.queued() == 1);
  CHECK(log.head().head == at(3, 41));
  const auto answers = log.ended({t, committed_as(*hello, at(3, 42))}, noon);
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].to.number == 7);
  CHECK(ack_of(answers[0]).at_position == at(3, 42));
  CHECK(ack_of(answers[0]).at == today);
  CHECK(ack_of(answers[0]).room == "general");
  CHECK_FALSE(ack_of(answers[0]).duplicate);
  CHECK(log.head().head == at(3, 42));
  CHECK(log.queued() == 0);
}

TEST_CASE("a repeated publish stores nothing and gets the first answer", "[core][room_log][G5]") {
  auto log = log_at(at(3, 41));
  const auto hello = draft_of("ana", "c-1");
  (void)log.ended({queued(log, asker(1), hello), committed_as(*hello, at(3, 42))}, noon);
  const auto again = log.publish(asker(2), hello, noon + 1h);
  CHECK(ack_of(std::get<room_log::answer>(again)).at_position == at(3, 42));
  CHECK(ack_of(std::get<room_log::answer>(again)).duplicate);
  CHECK(log.queued() == 0);
}

TEST_CASE("the same key with other content is a mismatch, stored or on its way", "[core][room_log][G5]") {
  auto log = log_at({});
  const auto hello = draft_of("ana", "c-1", 1);
  const auto t = queued(log, asker(1), hello);
  CHECK(code_of(log.publish(asker(1), draft_of("ana", "c-1", 2), noon)) == refusal_code::idempotency_mismatch);
  (void)log.ended({t, committed_as(*hello, at(1, 1))}, noon);
  CHECK(code_of(log.publish(asker(1), draft_of("ana", "c-1", 2), noon)) == refusal_code::idempotency_mismatch);
}

TEST_CASE("a key belongs to its sender, and without one nothing is de-duplicated", "[core][room_log][G5]") {
  auto log = log_at({});
  queued(log, asker(1), draft_of("ana", "c-1"));
  queued(log, asker(2), draft_of("bob", "c-1"));
  queued(log, asker(1), draft_of("ana"));
  queued(log, asker(1), draft_of("ana"));
  CHECK(log.queued() == 4);
}

TEST_CASE("a repeat of a publish that is on its way waits for the same answer", "[core][room_log][G5]") {
  auto log = log_at({});
  const auto hello = draft_of("ana", "c-1");
  const auto t = queued(log, asker(1, 1), hello);
  CHECK(std::holds_alternative<room_log::wait>(log.publish(asker(2, 9), hello, noon)));
  const auto answers = log.ended({t, committed_as(*hello, at(1, 1))}, noon);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].to.session == session_id{1});
  CHECK_FALSE(ack_of(answers[0]).duplicate);
  CHECK(answers[1].to.session == session_id{2});
  CHECK(ack_of(answers[1]).duplicate);
}

TEST_CASE("a key that storage knew is answered with the first result, and remembered", "[core][room_log][G5]") {
  auto log = log_at(at(3, 41));
  const auto hello = draft_of("ana", "c-1", 1);
  const auto t = queued(log, asker(1), hello);
  const auto answers = log.ended({t, outcome::duplicate{at(2, 17), today, digest_of(1)}}, noon);
  CHECK(ack_of(answers.at(0)).at_position == at(2, 17));
  CHECK(ack_of(answers.at(0)).duplicate);
  CHECK(log.head().head == at(3, 41));
  CHECK(ack_of(std::get<room_log::answer>(log.publish(asker(1), hello, noon))).at_position == at(2, 17));
}

TEST_CASE("a key that storage knew with other content is a mismatch; with deleted content any repeat is a duplicate",
          "[core][room_log][G5]") {
  auto log = log_at(at(3, 41));
  const auto other = queued(log, asker(1), draft_of("ana", "c-1", 1));
  CHECK(code_of(log.ended({other, outcome::duplicate{at(2, 17), today, digest_of(9)}}, noon).at(0)) ==
        refusal_code::idempotency_mismatch);
  const auto deleted = queued(log, asker(1), draft_of("ana", "c-2", 1));
  CHECK(ack_of(log.ended({deleted, outcome::duplicate{at(2, 18), today, std::nullopt}}, noon).at(0)).duplicate);
  CHECK(ack_of(std::get<room_log::answer>(log.publish(asker(1), draft_of("ana", "c-2", 7), noon))).duplicate);
}

TEST_CASE("a reply to a message below the floor finds none; one above the head waits for its turn",
          "[core][room_log]") {
  auto log = log_at(at(3, 41), at(2, 10));
  const auto reply_to = [&](std::uint64_t s) {
    auto d = draft_of("ana");
    d->reply_to = seq{s};
    return log.publish(asker(1), d, noon);
  };
  CHECK(std::holds_alternative<room_log::queue>(reply_to(42)));
  CHECK(code_of(reply_to(10)) == refusal_code::message_not_found);
  CHECK(std::holds_alternative<room_log::queue>(reply_to(41)));
  CHECK(std::holds_alternative<room_log::queue>(reply_to(11)));
  log.trimmed(at(3, 20));
  CHECK(code_of(reply_to(11)) == refusal_code::message_not_found);
}

TEST_CASE("a reply without a target fails alone", "[core][room_log]") {
  auto log = log_at(at(3, 41));
  const auto bad = queued(log, asker(1), draft_of("ana", "c-1"));
  const auto behind = queued(log, asker(1, 2), draft_of("ana"));
  CHECK(code_of(log.ended({bad, outcome::no_target{}}, noon).at(0)) == refusal_code::message_not_found);
  CHECK(log.ended({behind, committed_as(*draft_of("ana"), at(3, 42))}, noon).size() == 1);
  queued(log, asker(1, 3), draft_of("ana", "c-1"));  // its key names nothing stored
}

TEST_CASE("the key is asked before the target", "[core][room_log][G5]") {
  auto log = log_at(at(3, 41), at(3, 10));
  const auto hello = draft_of("ana", "c-1");
  (void)log.ended({queued(log, asker(1), hello), committed_as(*hello, at(3, 42))}, noon);
  auto repeat = draft_of("ana", "c-1");
  repeat->reply_to = seq{5};  // same digest: the front made it of both
  CHECK(ack_of(std::get<room_log::answer>(log.publish(asker(1), repeat, noon))).duplicate);
}

TEST_CASE("a room with too many writes waiting refuses, and what is behind the refused one fails too",
          "[core][room_log][G9]") {
  auto log = log_at({}, {}, {1024, 1, 0});
  const auto t = queued(log, asker(1), draft_of("bob"));
  const auto full = log.publish(asker(2, 1, 4), draft_of("ana"), noon);
  CHECK(code_of(full) == refusal_code::unavailable);
  CHECK(std::get<refusal>(std::get<room_log::answer>(full).what).retry_after);
  (void)log.ended({t, outcome::not_stored{}}, noon);
  CHECK(code_of(log.publish(asker(2, 2, 4), draft_of("ana"), noon)) == refusal_code::unavailable);
  CHECK(std::holds_alternative<room_log::queue>(log.publish(asker(2, 3, 5), draft_of("ana"), noon)));
}

TEST_CASE("after a publish that was not stored, or may be, the session's writes behind it fail until its next round",
          "[core][room_log]") {
  using how_type = decltype(write_outcome::how);
  const auto [how, code] = GENERATE(table<how_type, refusal_code>({
      {outcome::not_stored{}, refusal_code::unavailable},
      {outcome::unknown{}, refusal_code::outcome_unknown},
  }));
  auto log = log_at({});
  const auto t = queued(log, asker(1, 1, 1), draft_of("ana"));
  CHECK(code_of(log.ended({t, how}, noon).at(0)) == code);
  CHECK(code_of(log.publish(asker(1, 2, 1), draft_of("ana"), noon)) == refusal_code::unavailable);
  CHECK(std::holds_alternative<room_log::queue>(log.publish(asker(2, 1, 1), draft_of("bob"), noon)));
  CHECK(std::holds_alternative<room_log::queue>(log.publish(asker(1, 3, 2), draft_of("ana"), noon)));
  log.forget_old(noon + 61s);
  CHECK(std::holds_alternative<room_log::queue>(log.publish(asker(1, 4, 1), draft_of("ana"), noon)));
}

TEST_CASE("after a failure a session's draft says what those before it had heard, until they have ended",
          "[core][room_log][G2]") {
  auto log = log_at({});
  const auto heard = [&](std::uint64_t session, std::uint64_t number, const std::shared_ptr<draft>& d) {
    return std::get<room_log::queue>(log.publish(asker(session, number), d, noon));
  };
  const auto failed = heard(1, 1, draft_of("ana"));
  const auto early = heard(2, 1, draft_of("bob", "b-1"));
  CHECK(early.heard == 0);
  (void)log.ended({failed.ticket, outcome::not_stored{}}, noon);
  log.heard_failures(1);
  log.heard_failures(0);  // a word that came with an older count says nothing
  const auto behind = heard(2, 2, draft_of("bob", "b-2"));
  CHECK(behind.heard == 0);  // the writer may have failed the early one
  CHECK(heard(3, 1, draft_of("cid")).heard == 1);
  // One that waits for another session's early draft shares its fate, and so does what it sends next.
  CHECK(std::holds_alternative<room_log::wait>(log.publish(asker(4, 1), draft_of("bob", "b-1"), noon)));
  const auto waiter = heard(4, 2, draft_of("dan"));
  CHECK(waiter.heard == 0);
  (void)log.ended({early.ticket, committed_as(*draft_of("bob", "b-1"), at(1, 1))}, noon);
  CHECK(heard(2, 3, draft_of("bob")).heard == 0);
  (void)log.ended({waiter.ticket, committed_as(*draft_of("dan"), at(1, 2))}, noon);
  CHECK(heard(4, 3, draft_of("dan")).heard == 1);
  (void)log.ended({behind.ticket, outcome::not_stored{}}, noon);
}

TEST_CASE("a room that is always written to forgets failures of sessions that are long gone", "[core][room_log][G9]") {
  auto log = log_at(at(3, 41));
  auto now = noon;
  for (std::uint64_t session = 1; session <= 300; ++session, now += 1s) {
    const auto decision = log.publish(asker(session), draft_of("ana"), now);
    (void)log.ended({std::get<room_log::queue>(decision).ticket, outcome::not_stored{}}, now);
    CHECK(log.failures_kept() <= 121);
  }
}

TEST_CASE("content that storage refuses is a bad request and breaks nobody's order", "[core][room_log]") {
  auto log = log_at({});
  const auto t = queued(log, asker(1, 1, 1), draft_of("ana", "c-1"));
  CHECK(code_of(log.ended({t, outcome::refused{}}, noon).at(0)) == refusal_code::bad_request);
  CHECK(std::holds_alternative<room_log::queue>(log.publish(asker(1, 2, 1), draft_of("ana", "c-1"), noon)));
}

TEST_CASE("a publish that turns out committed after its deadline moves the head and answers its repeat",
          "[core][room_log][G5]") {
  auto log = log_at(at(1, 5));
  const auto hello = draft_of("ana", "c-1");
  const auto t = queued(log, asker(1), hello);
  CHECK(code_of(log.ended({t, outcome::unknown{}}, noon).at(0)) == refusal_code::outcome_unknown);
  CHECK(log.ended({t, committed_as(*hello, at(1, 6))}, noon).empty());
  CHECK(log.head().head == at(1, 6));
  const auto again = log.publish(asker(1, 2, 2), hello, noon);
  CHECK(ack_of(std::get<room_log::answer>(again)).at_position == at(1, 6));
}

TEST_CASE("a commit that the head already covers does not move it back", "[core][room_log][G2]") {
  auto log = log_at(at(2, 9));
  (void)log.ended({ticket{77}, committed_as(*draft_of("ana", "c-1"), at(1, 6))}, noon);
  CHECK(log.head().head == at(2, 9));
}

TEST_CASE("an owner that steps down leaves every waiting publish unknown", "[core][room_log][G7]") {
  auto log = log_at({});
  const auto hello = draft_of("ana", "c-1");
  queued(log, asker(1), hello);
  (void)log.publish(asker(2), hello, noon);
  queued(log, asker(3), draft_of("bob"));
  const auto answers = log.abandon();
  REQUIRE(answers.size() == 3);
  for (const auto& a : answers) CHECK(code_of(a) == refusal_code::outcome_unknown);
  CHECK(log.queued() == 0);
  CHECK(std::holds_alternative<room_log::queue>(log.publish(asker(4), hello, noon)));
}

TEST_CASE("tickets begin above their base, so that a former room's are never taken for ours", "[core][room_log]") {
  auto log = log_at({}, {}, {1024, 4096, 1ull << 32});
  CHECK(queued(log, asker(1), draft_of("ana")).value == (1ull << 32) + 1);
  CHECK(log.ended({ticket{1}, outcome::not_stored{}}, noon).empty());
  CHECK(log.queued() == 1);
}

}  // namespace parley::testing
