// Calls that a seed draws, right and wrong ones, one after the other: each must end alike.
#include "tests/fidelity/database_compare.hpp"

#include <algorithm>
#include <random>

namespace parley::fidelity {
namespace {

/// Draws from a few rooms, keys and numbers near the right ones, so that everything is met often.
class drawn_calls {
public:
  drawn_calls(database_play& p, std::uint64_t seed) : p_(p), random_(seed) {
    for (std::size_t i = 0; i < 2; ++i) writers_[i] = p.claims(i, i == 0 ? "a" : "b", {1, 2});
  }
  void call() {
    auto& w = writers_[below(2)];
    switch (below(10)) {
      case 0: return p_.ended(w, p_.asks_to_claim(w.node, w.who.name, {1 + below(2)}));
      case 1: return recover(w);
      case 2: return trim(w);
      case 3: return p_.renews(w, std::chrono::minutes(1));
      case 4: return p_.shows(below(2), rooms_[below(3)]);
      case 5: give_back(w); return p_.shows_shards(below(2));
      default: return append(w);
    }
  }

private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  room_head head_of(const room_ref& room) {
    return p_.value_of<std::vector<marked_head>>([&](auto done) { p_.stage.events(0).heads({room}, done); })[0].head;
  }

  void append(writer& w) {
    std::vector<room_append> pieces;
    const auto count = 1 + below(2);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto& room = rooms_[below(3)];
      if (std::any_of(pieces.begin(), pieces.end(), [&](const auto& k) { return k.room == room; })) continue;
      auto before = head_of(room).head;
      if (below(8) == 0) before.seq.value += 1;
      if (below(8) == 0 && before.seq.value > 0) before.seq.value -= 1;
      if (before.seq.value == 0) before = {};
      std::vector<event> events;
      for (std::uint32_t k = 0; k <= below(3); ++k)
        events.push_back(said(before.seq.value + 1 + k, "t" + std::to_string(below(3)),
                              below(2) == 0 ? "" : keys_[below(sizeof keys_ / sizeof *keys_)]));
      pieces.push_back(p_.piece(w, room, before, std::move(events)));
    }
    auto batch = p_.batch(w, std::move(pieces));
    for (auto& part : batch.shards) {
      if (below(10) == 0) part.fence.before.value += 1;
      part.fence.own.value = part.fence.before.value + 1 + below(3);
    }
    p_.appends(w, batch);
  }

  void give_back(writer& w) {
    switch (below(4)) {
      case 0: return p_.releases(w);
      case 1: return p_.yields(w, {1 + below(2)});
      default: return;
    }
  }

  void recover(writer& w) {
    const auto& room = rooms_[below(3)];
    const auto shard = room->shard.value;
    const attempt past{w.rows[shard].n.value + below(4)};
    p_.ended(w, shard, past, p_.asks_to_recover(w, shard, past, room));
  }

  void trim(writer& w) {
    const auto& room = rooms_[below(3)];
    const auto head = head_of(room).head;
    if (head.seq.value == 0) return;
    p_.trims(w, room, {head.term, seq{1 + below(static_cast<std::uint32_t>(head.seq.value))}});
  }

  static constexpr const char* keys_[] = {"k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"};
  database_play& p_;
  std::mt19937_64 random_;
  writer writers_[2];
  const room_ref rooms_[3] = {room_named("r1", 1), room_named("r2", 1), room_named("r3", 2)};
};

}  // namespace

TEST_CASE("model and server agree on calls that a seed draws", "[fidelity][postgres][property]") {
  const auto seed = GENERATE(range(1, 5));
  CAPTURE(seed);
  must_agree(
      [seed](database_play& p) {
        drawn_calls calls(p, static_cast<std::uint64_t>(seed));
        for (int i = 0; i < 120; ++i) calls.call();
      },
      2);
}

}  // namespace parley::fidelity
