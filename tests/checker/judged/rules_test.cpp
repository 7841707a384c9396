#include "tests/checker/describe.hpp"
#include "tests/checker/judge.hpp"
#include "tests/checker/read_history.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>

using namespace parley::checker;

namespace {

/// One publish, one reader that saw it: the smallest history that is valid.
const std::string asked =
    R"({"ns":1000,"op":"publish","phase":"invoke","attempt":1,"session":"w","sender":"ana","room":"r","key":"c-1","hash":"a1"})"
    "\n";
const std::string acked = R"({"ns":2000,"op":"publish","phase":"ok","attempt":1,"seq":1,"term":7,"duplicate":false})"
                          "\n";
const std::string stream =
    R"({"ns":3000,"op":"join","phase":"invoke","stream":"s/1","reader":"bob","room":"r","since":[0,0]}
{"ns":4000,"op":"join","phase":"ok","stream":"s/1","head":[7,1],"start":[0,0],"recovered":true}
{"ns":5000,"op":"push","kind":"batch","stream":"s/1","prev":0,"phase":"history","events":[[1,7,"a1",1,false]]}
{"ns":6000,"op":"push","kind":"live","stream":"s/1","at":[7,1]}
{"ns":7000,"op":"settled","stream":"s/1"}
)";
const std::string read_back =
    R"({"ns":8000,"op":"stored","room":"r","head":[7,1],"events":[{"seq":1,"term":7,"hash":"a1","sender":"ana","key":"c-1","version":1,"deleted":false}]})"
    "\n";

history read(const std::string& text) {
  auto result = read_history(text);
  if (!result) FAIL("line " << result.error().line << ": " << result.error().what);
  return *result;
}

std::string wrong(const std::string& text) {
  const auto result = read_history(text);
  return result ? "read" : "line " + std::to_string(result.error().line) + ": " + result.error().what;
}

}  // namespace

TEST_CASE("the smallest whole history is valid", "[checker]") {
  const auto history = read(asked + acked + stream + read_back);
  const auto reached = judge(history);
  INFO(describe(history, reached));
  CHECK(reached.outcome == outcome::valid);
}

TEST_CASE("a lost ack is shown by its request, its answer and nothing else", "[checker][G1]") {
  const auto history = read(asked + acked + R"({"ns":8000,"op":"stored","room":"r","head":[0,0],"events":[]})" + "\n");
  CHECK(describe(history, judge(history)) ==
        "verdict: invalid\n"
        "R1 broken in r: acknowledged, but not stored\n"
        "    #1     +0.000000000 s  w asks to publish c-1 (attempt 1, content 00000000000000a1)\n"
        "    #2     +0.000001000 s  attempt 1 is acknowledged: seq 1 in term 7\n"
        "too little happened: 0 delivered, at least 1 are needed\n"
        "too little happened: 0 joins, at least 1 are needed\n"
        "too little happened: 0 settled, at least 1 are needed\n"
        "too little happened: 0 stored, at least 1 are needed\n"
        "counted: 1 acks, 1 attempts, 1 rooms\n");
}

TEST_CASE("a lost tail that was recorded excuses no ack", "[checker][G1]") {
  const auto lost = std::string{R"({"ns":7000,"op":"lost_tail","room":"r","after":[0,0]})"} + "\n";
  const auto history = read(asked + acked + lost + R"({"ns":8000,"op":"stored","room":"r","head":[0,0],"events":[]})");
  CHECK(judge(history).rules_broken() == std::set<rule>{1});
}

TEST_CASE("where a run knows how far a tail went, an ack of a later term was not of it", "[checker][G1]") {
  const auto judged = [](const char* last) {
    const auto lost = std::string{R"({"ns":1500,"op":"lost_tail","room":"r","after":[0,0],"last":)"} + last + "}\n";
    const auto all = asked + lost + acked + R"({"ns":8000,"op":"stored","room":"r","head":[0,0],"events":[]})";
    return judge(read(all)).findings;
  };
  // Its ack was on its way when the tail was lost.
  REQUIRE(judged("[7,1]").size() == 1);
  CHECK(judged("[7,1]").front().is_of_lost_tail);
  CHECK_FALSE(judged("[6,9]").front().is_of_lost_tail);
  CHECK_FALSE(judged("[7,0]").front().is_of_lost_tail);
}

TEST_CASE("a stream that goes on from a lost position without a reset is found", "[checker][G8]") {
  const std::string lost = R"({"ns":10,"op":"lost_tail","room":"r","after":[3,1],"last":[3,2]})";
  const std::string rest =
      R"({"ns":20,"op":"join","phase":"invoke","stream":"s/1","room":"r","reader":"a","since":[3,2]}
{"ns":30,"op":"join","phase":"ok","stream":"s/1","head":[4,2],"start":[3,2],"recovered":true}
{"ns":40,"op":"push","kind":"live","stream":"s/1","at":[3,2]}
{"ns":50,"op":"push","kind":"batch","stream":"s/1","prev":2,"phase":"live","events":[[3,4,"cc",1,false]]}
{"ns":90,"op":"stored","room":"r","head":[4,3],"events":[{"seq":1,"term":3,"hash":"aa","sender":"a","key":"1","version":1,"deleted":false},{"seq":2,"term":4,"hash":"bb","sender":"a","key":"2","version":1,"deleted":false},{"seq":3,"term":4,"hash":"cc","sender":"a","key":"3","version":1,"deleted":false}],"others":true})";
  const auto verdict = judge(read(lost + "\n" + rest));
  CHECK(verdict.rules_broken().contains(15));
}

TEST_CASE("what was refused must not be stored", "[checker]") {
  const auto refused =
      std::string{R"({"ns":2000,"op":"publish","phase":"fail","attempt":1,"error":"unavailable"})"} + "\n";
  CHECK(judge(read(asked + refused + stream + read_back)).rules_broken() == std::set<rule>{5});
  const auto open = std::string{R"({"ns":2000,"op":"publish","phase":"info","attempt":1,"error":"closed"})"} + "\n";
  CHECK(judge(read(asked + open + stream + read_back)).rules_broken().empty());
}

TEST_CASE("too little is unknown, by default, by the caller and by the run itself", "[checker]") {
  CHECK(judge(history{}).outcome == outcome::unknown);
  CHECK(judge(read(asked + acked + stream)).missing.back() == "room r was never read back");
  const auto whole = asked + acked + stream + read_back;
  options more;
  more.minima["acks"] = 2;
  CHECK(judge(read(whole), more).missing == std::vector<std::string>{"1 acks, at least 2 are needed"});
  const auto own = R"({"ns":9000,"op":"minimum","what":"fault:kill","least":1})";
  CHECK(judge(read(whole + own)).outcome == outcome::unknown);
  const auto hit = std::string{R"({"ns":9000,"op":"fault","fault":"kill","phase":"begin"})"} + "\n";
  CHECK(judge(read(whole + hit + own)).outcome == outcome::valid);
}

TEST_CASE("too little hides no broken rule", "[checker]") {
  CHECK(judge(read(asked + acked + R"({"ns":9000,"op":"stored","room":"r","head":[0,0],"events":[]})")).outcome ==
        outcome::invalid);
}

TEST_CASE("a line that is no record says where and why", "[checker]") {
  CHECK(wrong(asked + "{") == "line 2: not JSON: incomplete JSON");
  CHECK(wrong("[]") == "line 1: not a JSON object");
  CHECK(wrong(R"({"ns":1})") == "line 1: no \"op\"");
  CHECK(wrong(R"({"ns":1,"op":"plubish"})") == "line 1: unknown op \"plubish\"");
  CHECK(wrong(acked) == "line 1: an answer to attempt 1, which nobody has asked for");
  CHECK(wrong(asked + asked) == "line 2: attempt 1 is asked for twice");
  CHECK(wrong(acked + asked).starts_with("line 1"));
  CHECK(wrong(stream + asked) == "line 6: time runs backwards");
  CHECK(wrong(R"({"ns":1,"op":"cut","stream":"s"})") == "line 1: stream s was never asked for");
}

TEST_CASE("what a server told wrongly is read, and found", "[checker]") {
  const auto no_seq = std::string{R"({"ns":2000,"op":"publish","phase":"ok","attempt":1,"seq":-1,"term":null})"} + "\n";
  CHECK(judge(read(asked + no_seq + stream + read_back)).rules_broken().contains(1));
}

// Of a debug build, so it only says that time grows with size and not with its square.
TEST_CASE("ten times the history takes about ten times as long", "[checker]") {
  const auto seconds = [](std::uint64_t publishes) {
    history made;
    const auto room = made.room("r");
    const auto who = made.name("w");
    std::vector<row> rows;
    for (std::uint64_t n = 1; n <= publishes; ++n) {
      const auto key = made.key(room, who, std::to_string(n));
      const auto attempt = made.add_publish(n, {{}, room, who, who, key, n, 0, 0, {}});
      made.add_ack(n, attempt, {1, n}, false);
      row one;
      one.seq = one.content = n;
      one.term = 1;
      one.sender = who;
      one.key = key;
      rows.push_back(one);
    }
    made.add_stored(publishes, {room, {1, publishes}, {}, false, {}}, rows);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(judge(made).findings.empty());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const auto best_of_three = [&](std::uint64_t publishes) {
    return std::min({seconds(publishes), seconds(publishes), seconds(publishes)});
  };
  CHECK(best_of_three(30'000) < 60 * best_of_three(3000));
}
