#include "actors/core/write_order.hpp"
#include "tests/core/given_routes.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

namespace parley::testing {

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
