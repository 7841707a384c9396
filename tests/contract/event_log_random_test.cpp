// Random appends against a plain model of what an event log is.
#include "tests/contract/steps.hpp"

#include <random>
#include <tuple>

namespace parley::contract {
namespace {

/// What the log must hold: vectors and a map, with none of the adapter's cleverness.
class model {
public:
  explicit model(std::vector<room_ref> rooms) : rooms_(std::move(rooms)), logs_(rooms_.size()) {}

  const room_ref& room(std::size_t i) const { return rooms_[i]; }
  const std::vector<event>& log(std::size_t i) const { return logs_[i]; }
  position head(std::size_t i) const { return logs_[i].empty() ? position{} : logs_[i].back().at_position(); }
  const position* first_of(std::size_t i, const event& e) const {
    const auto known = keys_.find({i, e.sender, e.client_msg_id});
    return known == keys_.end() ? nullptr : &known->second;
  }
  void add(std::size_t i, const event& e) {
    logs_[i].push_back(e);
    if (!e.client_msg_id.empty()) keys_[{i, e.sender, e.client_msg_id}] = e.at_position();
  }

private:
  std::vector<room_ref> rooms_;
  std::vector<std::vector<event>> logs_;
  std::map<std::tuple<std::size_t, std::string, std::string>, position> keys_;
};

enum class flaw { none, fork, hole, stale, former_owner };

/// One random batch: some rooms, some events each, and perhaps something wrong with it.
struct step {
  std::map<std::size_t, std::vector<event>> events;
  flaw wrong = flaw::none;
};

class dice {
public:
  explicit dice(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_); }

  step roll(const model& known) {
    step made;
    made.wrong = below(5) ? flaw::none : static_cast<flaw>(below(5));
    for (auto rooms = 1 + below(3); rooms > 0; --rooms) {
      const auto i = below(6);
      auto& events = made.events[i];
      auto s = known.head(i).seq.value + 1;
      if (!events.empty()) continue;
      std::map<std::pair<std::string, std::string>, bool> used;  // a batch never holds a key twice
      for (auto count = 1 + below(4); count > 0; --count) {
        auto e = said(s++, "text " + std::to_string(below(1000)));
        e.sender = below(2) ? "ana" : "bob";
        if (below(3)) e.client_msg_id = "key-" + std::to_string(below(600));
        if (used[{e.sender, e.client_msg_id}] && !e.client_msg_id.empty()) e.client_msg_id.clear();
        used[{e.sender, e.client_msg_id}] = true;
        events.push_back(e);
      }
    }
    return made;
  }

private:
  std::mt19937 engine_;
};

/// The rooms' shards: two each.
std::vector<room_ref> six_rooms() {
  std::vector<room_ref> rooms;
  for (std::uint32_t i = 0; i < 6; ++i) rooms.push_back(room_named("room-" + std::to_string(i), i % 3));
  return rooms;
}

/// Moves the first room's events one number off its head.
void shift(std::vector<event>& events, position& before, flaw wrong) {
  if (wrong == flaw::hole) ++before.seq.value;
  if (wrong == flaw::fork) before.seq = previous(before.seq);
  for (auto& e : events) e.seq.value += wrong == flaw::hole ? 1 : std::uint64_t(-1);
}

void check_equal(store& where, const model& known) {
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(i);
    REQUIRE(head_of(where, known.room(i)) == room_head{known.head(i), {}});
    event_list all;
    for (;;) {
      const auto page = range_of(where, known.room(i), all.empty() ? 0 : all.back()->seq.value, 97);
      if (page.events.empty()) break;
      all.insert(all.end(), page.events.begin(), page.events.end());
    }
    REQUIRE(values(all) == known.log(i));
  }
}

void take(store& where, owner& ana, step made, model& known) {
  const auto marks = [&] { return std::vector{mark_of(where, 0), mark_of(where, 1), mark_of(where, 2)}; };
  const auto before = marks();
  // A fork needs a number to fork from.
  if (made.wrong == flaw::fork && known.log(made.events.begin()->first).empty()) made.wrong = flaw::none;
  std::vector<room_append> appends;
  std::size_t duplicates = 0;
  for (auto& [i, events] : made.events) {
    auto at = known.head(i);
    for (const auto& e : events) duplicates += !e.client_msg_id.empty() && known.first_of(i, e);
    const bool is_first = i == made.events.begin()->first;
    if (is_first && (made.wrong == flaw::fork || made.wrong == flaw::hole)) shift(events, at, made.wrong);
    appends.push_back(ana.append_of(known.room(i), at, events));
  }
  auto batch = ana.batch_of(std::move(appends));
  if (made.wrong == flaw::stale)
    for (auto& shard : batch.shards) shard.fence.before.value += 1, shard.fence.own.value += 1;
  if (made.wrong == flaw::former_owner) batch.owner = "somebody";
  const auto outcome = ana.send(std::move(batch));

  if (made.wrong == flaw::stale || made.wrong == flaw::former_owner) {
    REQUIRE(outcome.has_value());
    const auto verdict = made.wrong == flaw::stale ? shard_verdict::stale : shard_verdict::not_owner;
    for (auto v : outcome->verdicts) REQUIRE(v == verdict);
    REQUIRE(marks() == before);
  } else if (made.wrong != flaw::none) {
    // A store may find the duplicates or the fork first; either way nothing is written.
    if (outcome)
      REQUIRE(outcome->duplicates.size() == duplicates);
    else
      REQUIRE(outcome.error().code == errc::room_forked);
    if (!duplicates) REQUIRE_FALSE(outcome.has_value());
    REQUIRE(marks() == before);
  } else if (duplicates) {
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->verdicts.empty());
    REQUIRE(outcome->duplicates.size() == duplicates);
    REQUIRE(marks() == before);
  } else {
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->duplicates.empty());
    for (auto v : outcome->verdicts) REQUIRE(v == shard_verdict::committed);
    for (auto& [i, events] : made.events)
      for (auto& e : events) {
        e.term = ana.term_of(known.room(i)->shard.value);
        known.add(i, e);
      }
  }
}

}  // namespace

TEST_CASE("after any 1,000 appends the log is what a plain model says", "[contract][event_log][G1][G2][G5][property]") {
  const auto seed = GENERATE(take(2, random(1, 1'000'000)));
  CAPTURE(seed);
  const auto store = make_store();
  dice throws(static_cast<std::uint32_t>(seed));
  model known(six_rooms());
  auto ana = std::make_unique<owner>(*store, "n1", std::vector<std::uint32_t>{0, 1, 2});
  for (int i = 0; i < 500; ++i) {
    CAPTURE(i);
    take(*store, *ana, throws.roll(known), known);
    if (i % 100 != 99) continue;
    if (throws.below(2)) store->reopen();
    check_equal(*store, known);
    ana = std::make_unique<owner>(*store, "n" + std::to_string(i), std::vector<std::uint32_t>{0, 1, 2});
  }
  CHECK(known.log(0).size() > 50);  // the walk was no row of refusals
}

}  // namespace parley::contract
