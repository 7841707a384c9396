#include "actors/core/route_book.hpp"
#include "actors/core/write_order.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

namespace parley::testing {
namespace {

struct sample_write {
  room_ref room;
  std::shared_ptr<const draft> what;
  struct asker {
    session_id session;
    write_gate::round round = 0;
    std::uint64_t number = 0;
  } from;
};
using book = route_book<sample_write>;

const room_ref general = room_named("general");
constexpr shard_id shard{0};

/// A book of one shard, and what it asked for, as numbers of writes.
struct route_stage {
  sample_write write_of(std::uint64_t number, const std::string& key = "k", write_gate::round round = 0) {
    return {general, draft_of("ana", key.empty() ? "" : key + std::to_string(number)), {session_id{1}, round, number}};
  }
  void write(std::uint64_t number, const std::string& key = "k", write_gate::round round = 0) {
    book::effects out;
    all.write(write_of(number, key, round), now, out);
    note(std::move(out));
  }
  void seen(const std::string& owner, std::uint64_t under) {
    book::effects out;
    all.owner_seen(shard, owner, term{under}, now, out);
    note(std::move(out));
  }
  void opened(std::uint64_t under) {
    book::effects out;
    all.opened(shard, term{under}, now, out);
    note(std::move(out));
  }
  void flushed(std::uint64_t under) {
    book::effects out;
    all.flushed(shard, term{under}, now, out);
    note(std::move(out));
  }
  void returned(std::uint64_t number, std::uint64_t under, write_gate::round round = 0) {
    book::effects out;
    all.returned(write_of(number, "k", round), term{under}, now, out);
    note(std::move(out));
  }
  void link(const std::string& owner) {
    book::effects out;
    all.link_opened(owner, now, out);
    note(std::move(out));
  }
  void lost(const std::string& owner) {
    book::effects out;
    all.link_lost(owner, now, out);
    note(std::move(out));
  }
  void stored(std::size_t which) {
    book::effects out;
    all.answered(sent.at(which).request, reply::published{}, now, out);
    note(std::move(out));
  }
  void failed(std::size_t which, refusal_code code) {
    book::effects out;
    all.answered(sent.at(which).request, refusal{code, "", {}}, now, out);
    note(std::move(out));
  }
  void not_owner(std::size_t which) {
    book::effects out;
    all.not_owner(sent.at(which).request, now, out);
    note(std::move(out));
  }
  void tick(milliseconds later) {
    now += later;
    book::effects out;
    all.tick(now, out);
    note(std::move(out));
  }
  void note(book::effects out) {
    for (auto& effect : out) {
      if (auto* e = std::get_if<book::to_shard>(&effect)) here.push_back(e->what.from.number);
      if (auto* e = std::get_if<book::to_peer>(&effect)) {
        there.push_back(e->owner + std::to_string(e->what.from.number));
        sent.push_back(std::move(*e));
      }
      if (auto* e = std::get_if<book::answer>(&effect)) {
        const auto* why = std::get_if<refusal>(&e->what);
        answers.push_back({e->to.from.number, why != nullptr ? why->code : refusal_code{}});
      }
      looks += std::holds_alternative<book::look>(effect) ? 1 : 0;
      dials += std::holds_alternative<book::dial>(effect) ? 1 : 0;
    }
  }
  bool is_open_here() { return all.open_here(write_of(99)).has_value(); }

  using numbers = std::vector<std::uint64_t>;
  using names = std::vector<std::string>;
  using words = std::vector<std::pair<std::uint64_t, refusal_code>>;
  route_options options{4, 8, 5000ms, 7000ms};
  instant now = noon;
  book all{"us", 1, options};
  numbers here;
  names there;
  std::vector<book::to_peer> sent;
  words answers;
  int looks = 0, dials = 0;
};

constexpr refusal_code fine{};
constexpr auto away = refusal_code::unavailable;
constexpr auto unknown = refusal_code::outcome_unknown;
using numbers = route_stage::numbers;
using names = route_stage::names;
using words = route_stage::words;

}  // namespace

TEST_CASE("writes wait for the shard to open, then go to it in order", "[core][route_book][G2]") {
  route_stage s;
  s.write(1);
  s.write(2);
  CHECK(s.here.empty());
  CHECK(s.looks > 0);
  CHECK_FALSE(s.is_open_here());
  s.opened(5);
  CHECK(s.here == numbers{1, 2});
  CHECK(s.is_open_here());
  CHECK(s.all.open_here(s.write_of(3)) == term{5});
}

TEST_CASE("what a closing shard gives back goes before what arrived meanwhile", "[core][route_book][G2]") {
  route_stage s;
  s.opened(5);
  // 1 and 2 went to it by `open_here`; 3 arrives between their returns.
  s.returned(1, 5);
  CHECK_FALSE(s.is_open_here());
  s.write(3);
  s.returned(2, 5);
  s.seen("them", 6);
  s.link("them");
  CHECK(s.there.empty());  // the former place is not flushed
  s.flushed(5);
  CHECK(s.there == names{"them1", "them2", "them3"});
}

TEST_CASE("nothing goes to a new owner while the former one has unanswered writes", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.link("b");
  s.seen("a", 5);
  s.write(1);
  s.write(2);
  CHECK(s.there == names{"a1", "a2"});
  s.seen("b", 6);
  s.write(3);
  s.stored(0);
  CHECK(s.there.size() == 2);
  s.stored(1);
  CHECK(s.there == names{"a1", "a2", "b3"});
  CHECK(s.answers == words{{1, fine}, {2, fine}});
}

TEST_CASE("a write that its owner hands back waits for the next one, before its followers", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.write(2);
  s.not_owner(0);
  CHECK(s.looks > 0);
  s.seen("a", 5);  // an old survey: it takes none under that term any more
  s.write(3);
  CHECK(s.there.size() == 2);
  s.seen("a", 7);  // the same node, claimed anew
  CHECK(s.there.size() == 2);
  s.not_owner(1);
  CHECK(s.there == names{"a1", "a2", "a1", "a2", "a3"});
  CHECK(s.sent[2].under == term{7});
}

TEST_CASE("an older survey moves nothing back", "[core][route_book][G7]") {
  route_stage s;
  s.link("a");
  s.link("b");
  s.seen("b", 6);
  s.seen("a", 5);
  s.write(1);
  CHECK(s.there == names{"b1"});
}

TEST_CASE("a lost link: writes with keys go again, one without is unknown", "[core][route_book][G5]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  SECTION("with keys, in order, to whoever owns it then") {
    s.write(1);
    s.write(2);
    s.lost("a");
    CHECK(s.answers.empty());
    CHECK(s.dials == 1);
    s.link("a");
    CHECK(s.there == names{"a1", "a2", "a1", "a2"});
    s.stored(0);  // a late answer of the lost link says nothing
    CHECK(s.answers.empty());
  }
  SECTION("without: it, and what its session sent behind it, fail") {
    s.write(1, "");
    s.write(2);
    s.lost("a");
    CHECK(s.answers.front() == std::pair{std::uint64_t{1}, unknown});
    CHECK(s.answers.back() == std::pair{std::uint64_t{2}, unknown});  // it may be stored, too
    s.write(3);
    CHECK(s.answers.back() == std::pair{std::uint64_t{3}, away});
    s.write(4, "k", 1);  // sent after the session heard of it
    s.link("a");
    CHECK(s.there == names{"a1", "a2", "a4"});
  }
}

TEST_CASE("a failure at the owner stops what waits behind it", "[core][route_book][G2]") {
  for (const auto why : {away, unknown, refusal_code::internal}) {
    route_stage s;
    s.link("a");
    s.seen("a", 5);
    s.write(1);
    s.write(2);
    s.seen("b", 6);
    s.write(3);
    s.failed(0, why);
    s.not_owner(1);
    s.link("b");
    CHECK(s.answers == words{{1, why}, {3, away}, {2, away}});  // 3 waited behind it, 2 came back
    CHECK(s.there.size() == 2);
  }
}

TEST_CASE("what waits behind a failure fails with it, not when its own turn comes", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.not_owner(0);
  s.write(2);          // both wait for an owner
  s.write(3, "k", 7);  // of a later round
  book::effects out;
  s.all.order_broken(shard, session_id{1}, 0, s.now, out);
  s.note(std::move(out));
  CHECK(s.answers == words{{1, away}, {2, away}});
  CHECK(s.all.waiting() == 1);
}

TEST_CASE("an answer that breaks no order stops nobody", "[core][route_book]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.failed(0, refusal_code::idempotency_mismatch);
  s.write(2);
  CHECK(s.there == names{"a1", "a2"});
}

TEST_CASE("what the shard's rooms failed here stops the session's later writes at the next owner",
          "[core][route_book][G2]") {
  route_stage s;
  s.opened(5);
  book::effects none;
  s.all.order_broken(shard, session_id{1}, 0, s.now, none);
  s.returned(2, 5);
  s.flushed(5);
  s.seen("a", 6);
  s.link("a");
  CHECK(s.answers == words{{2, away}});
  s.write(3, "k", 1);
  CHECK(s.there == names{"a3"});
}

TEST_CASE("nobody owns the shard for too long: refused, and nothing is stored", "[core][route_book][G7][G9]") {
  route_stage s;
  s.write(1);
  s.tick(4999ms);
  CHECK(s.answers.empty());
  CHECK(s.all.is_busy());
  s.tick(1ms);
  CHECK(s.answers == words{{1, away}});
  CHECK_FALSE(s.all.is_busy());
  CHECK(s.all.has_failures());
  s.tick(61s);
  CHECK_FALSE(s.all.has_failures());
}

TEST_CASE("a write that was lost once is never called unstored", "[core][route_book][G1]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.lost("a");
  s.tick(5000ms);
  CHECK(s.answers == words{{1, unknown}});
}

TEST_CASE("what the next owner refuses may be stored all the same, if an earlier sending of it was lost",
          "[core][route_book][G1]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.lost("a");
  s.link("a");
  s.failed(1, away);
  CHECK(s.answers == words{{1, unknown}});
}

TEST_CASE("an owner that does not answer makes it unknown in the end", "[core][route_book][G1][G9]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.tick(6999ms);
  CHECK(s.answers.empty());
  s.tick(1ms);
  CHECK(s.answers == words{{1, unknown}});
}

TEST_CASE("behind a write that is given up, none of its session's is told as stored", "[core][route_book][G2]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  s.tick(3000ms);
  s.write(2);
  s.tick(4000ms);
  CHECK(s.answers == words{{1, unknown}, {2, unknown}});
  s.stored(1);
  CHECK(s.answers.size() == 2);
}

TEST_CASE("a full link holds the shard's writes up until the next tick, in order", "[core][route_book][G2][G9]") {
  route_stage s;
  s.link("a");
  s.seen("a", 5);
  s.write(1);
  book::effects none;
  s.all.unsent(s.sent[0].request, s.now, none);
  CHECK(none.empty());
  s.write(2);
  CHECK(s.there == names{"a1"});
  s.tick(50ms);
  CHECK(s.there == names{"a1", "a1", "a2"});
}

TEST_CASE("the queues are bounded", "[core][route_book][G9]") {
  route_stage s;
  SECTION("of those who wait for an owner") {
    for (std::uint64_t n = 1; n <= 4; ++n) s.write(n);
    s.write(5);
    CHECK(s.answers == words{{5, away}});
    CHECK(s.all.waiting() == 4);
  }
  SECTION("of those without an answer: the next ones wait") {
    s.link("a");
    s.seen("a", 5);
    for (std::uint64_t n = 1; n <= 9; ++n) s.write(n);
    CHECK(s.there.size() == 8);
    s.stored(0);
    s.tick(50ms);
    CHECK(s.there.size() == 9);
  }
}

TEST_CASE("a head question goes elsewhere only to an owner that can be asked", "[core][route_book][G3]") {
  route_stage s;
  CHECK(s.all.asked_elsewhere(shard) == nullptr);
  s.seen("a", 5);
  CHECK(s.all.asked_elsewhere(shard) == nullptr);
  s.link("a");
  REQUIRE(s.all.asked_elsewhere(shard) != nullptr);
  CHECK(*s.all.asked_elsewhere(shard) == "a");
  s.opened(6);
  CHECK(s.all.asked_elsewhere(shard) == nullptr);
}

/// Owners that come and go at random, links that break: each owner stores what it takes in the order in which it gets
/// it, and the next owner knows what is stored (G5). However it goes, a session's writes are stored in their order,
/// each at most once, and every write has exactly one answer, which is true.
TEST_CASE("a session's writes keep their order over any change of owners", "[core][route_book][property][G2][G5]") {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
    route_stage s;
    s.all = book{"us", 1, route_options{1000, 6, 5000ms, 7000ms}};
    std::vector<std::uint64_t> stored;
    const auto store = [&](std::uint64_t number) {
      if (std::ranges::find(stored, number) == stored.end()) stored.push_back(number);
    };
    std::uint64_t under = 1;
    write_order order;   // the session's: it moves to its next round when it is told of a failure
    std::string owner;   // by the rows
    term local_open{0};  // "us" takes writes under it
    std::vector<std::uint64_t> at_local;
    std::map<std::string, std::deque<std::size_t>> wire;  // index into sent, in order
    std::map<std::string, std::uint64_t> accepts;         // by owner: the term that it takes
    std::size_t taken_in = 0;
    std::size_t words_heard = 0;
    std::map<std::uint64_t, write_gate::round> rounds;
    const auto put_on_the_wire = [&] {
      for (; taken_in < s.sent.size(); ++taken_in) wire[s.sent[taken_in].owner].push_back(taken_in);
    };
    for (int step = 0; step < 150; ++step) {
      if (chance(45)) {
        const auto [w, round] = order.sent("general");
        rounds[w] = round;
        if (s.all.open_here(s.write_of(w, "k", round)))
          s.here.push_back(w);
        else
          s.write(w, "k", round);
      }
      for (const auto w : std::exchange(s.here, {})) at_local.push_back(w);
      put_on_the_wire();
      if (chance(15)) {  // another owner
        const char* const all[] = {"us", "a", "b"};
        const std::string next = all[random() % 3];
        ++under;
        if (owner == "us") {  // closes: what it has not stored comes back, in order
          const auto keep = random() % (at_local.size() + 1);
          for (std::size_t i = 0; i < at_local.size(); ++i) {
            if (i < keep)
              store(at_local[i]);
            else
              s.returned(at_local[i], local_open.value, rounds[at_local[i]]);
          }
          at_local.clear();
          for (const auto w : std::exchange(s.here, {})) at_local.push_back(w);
          REQUIRE(at_local.empty());
          s.flushed(local_open.value);
        } else {
          accepts.erase(owner);
        }
        owner = next;
        if (owner == "us") {
          local_open = term{under};
          s.opened(under);
        } else {
          accepts[owner] = under;
        }
      }
      for (const auto w : std::exchange(s.here, {})) at_local.push_back(w);
      if (owner == "us" && !at_local.empty() && chance(50)) {
        store(at_local.front());
        at_local.erase(at_local.begin());
      }
      if (chance(40) && owner != "us" && !owner.empty()) s.seen(owner, under);
      for (const char* peer : {"a", "b"}) {
        if (chance(20)) s.link(peer);
        auto& queue = wire[peer];
        if (!queue.empty() && chance(60)) {
          const auto which = queue.front();
          queue.pop_front();
          const auto& w = s.sent[which];
          if (accepts.contains(peer) && accepts[peer] == w.under.value) {
            store(w.what.from.number);
            s.stored(which);
          } else {
            s.not_owner(which);
          }
        }
        put_on_the_wire();
        if (chance(4)) {  // a prefix of what is on the wire arrives, its answers do not
          for (auto left = random() % (queue.size() + 1); left > 0; --left) {
            const auto& w = s.sent[queue.front()];
            queue.pop_front();
            if (accepts.contains(peer) && accepts[peer] == w.under.value) store(w.what.from.number);
          }
          queue.clear();
          s.lost(peer);
        }
        put_on_the_wire();
      }
      if (chance(30)) s.tick(milliseconds{random() % 300});
      for (; words_heard < s.answers.size(); ++words_heard) {
        const auto& [w, code] = s.answers[words_heard];
        server_message word{1, reply::published{}};
        if (code != fine) word.body = reply::failed{{code, "", {}}, "general", ""};
        (void)order.answered("general", w, std::move(word));
      }
    }
    for (const auto& [w, code] : s.answers) {
      const bool is_stored = std::ranges::find(stored, w) != stored.end();
      if (code == fine) CHECK(is_stored);
      if (code == away) CHECK_FALSE(is_stored);
    }
    REQUIRE(std::ranges::is_sorted(stored));
  }
}

}  // namespace parley::testing
