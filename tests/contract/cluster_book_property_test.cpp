#include "tests/contract/given_cluster_book.hpp"

#include <random>

namespace parley::testing {

// A model cluster answers what the book asks, moves slots and masters, and is sometimes asked by a server that knows of
// nothing. Whatever happened, every channel stands where it belongs in the end, and was confirmed after its last loss.
TEST_CASE("after any moves, losses and wishes, each channel stands at its slot's master", "[redis][cluster]") {
  const auto seed = GENERATE(take(100, random(0, 1 << 30)));
  CAPTURE(seed);
  std::mt19937 dice(static_cast<unsigned>(seed));
  const auto one_in = [&](unsigned n) { return dice() % n == 0; };
  const std::vector<server_name> servers{a, b, c};
  const std::vector<std::string> channels{"{1}x", "{1}y", "{2}", "{3}", "{4}", "{5}x", "{5}y"};
  const auto shard_of = [](const std::string& channel) { return shard_id{static_cast<std::uint32_t>(channel[1])}; };
  shell s;
  std::map<key_slot, server_name> owners;
  for (const auto& channel : channels) owners[slot_of(channel)] = a;
  std::set<std::string> wished, confirmed;
  std::set<std::pair<master_id, std::string>> stands;

  const auto truth = [&] {
    std::vector<range> ranges;
    int next = 0;
    for (const auto& [slot, owner] : owners) {
      if (slot.value > next) ranges.push_back({next, slot.value - 1, a});
      ranges.push_back({slot.value, slot.value, owner});
      next = slot.value + 1;
    }
    ranges.push_back({next, 16383, a});
    return map_of(ranges);
  };
  const auto apply = [&](const cluster_effects& effects) {
    s.perform(effects);
    for (const auto& channel : channels)
      if (s.lost.contains(shard_of(channel))) confirmed.erase(channel);
    if (!s.told.empty() && s.told.back() == "lost") confirmed.clear(), s.told.clear();
    std::erase_if(stands, [&](const auto& at) { return !s.wanted[at.first].contains(at.second); });
  };
  /// One server carries out one wish, as endpoint_links has it do.
  const auto serve = [&] {
    for (const auto& [id, asked] : std::map(s.wanted))
      for (const auto& channel : asked) {
        if (stands.contains({id, channel}) || !s.masters.contains(id)) continue;
        const auto slot = slot_of(channel);
        if (owners[slot] == s.masters[id]) {
          stands.insert({id, channel});
          confirmed.insert(channel);
        } else if (one_in(4)) {
          apply(s.book.subscription_redirected(id, slot, redirection{}));
        } else {
          apply(s.book.subscription_redirected(id, slot, moved_to(slot, owners[slot])));
        }
        return true;
      }
    return false;
  };
  const auto move = [&](key_slot slot, const server_name& to) {
    const auto from = std::exchange(owners[slot], to);
    if (from == to) return;
    for (const auto& [id, where] : std::map(s.masters))
      for (const auto& channel : channels)
        if (where == from && slot_of(channel) == slot && stands.erase({id, channel})) apply(s.book.ended(id, slot));
  };
  const auto lose = [&](master_id id) {
    std::erase_if(stands, [&](const auto& at) { return at.first == id; });
    apply(s.book.lost(id));
    apply(s.book.opened(id));
  };

  for (int step = 0; step < 200; ++step) {
    const auto& channel = channels[dice() % channels.size()];
    switch (dice() % 8) {
      case 0:
      case 1:
        wished.insert(channel);
        apply(s.book.want(channel, room, shard_of(channel)));
        break;
      case 2:
        wished.erase(channel);
        confirmed.erase(channel);
        apply(s.book.unwant(channel));
        break;
      case 3: move(slot_of(channel), servers[dice() % 3]); break;
      case 4: apply(s.book.learnt(one_in(5) ? whole(servers[dice() % 3]) : truth())); break;
      case 5:
        if (!s.masters.empty()) lose(std::next(s.masters.begin(), dice() % static_cast<long>(s.masters.size()))->first);
        break;
      default: serve();
    }
    for (const auto& [id, where] : std::map(s.masters)) apply(s.book.opened(id));
  }
  for (int round = 0; round < 5; ++round) {
    apply(s.book.learnt(truth()));
    while (serve()) {
    }
  }
  std::set<std::string> asked;
  for (const auto& [id, there] : s.wanted)
    for (const auto& channel : there) {
      CHECK(asked.insert(channel).second);
      CHECK(s.masters[id] == owners[slot_of(channel)]);
    }
  CHECK(asked == wished);
  CHECK(confirmed == wished);
  CHECK_FALSE(s.book.has_homeless());
}

}  // namespace parley::testing
