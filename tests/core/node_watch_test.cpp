#include "actors/core/node_watch.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

cluster_node node_of(const std::string& name, std::uint64_t renewals, bool has_lease = true, bool is_leaving = false) {
  return {{name, name + "-life"}, name + ":7000", is_leaving, has_lease, renewals};
}
std::vector<std::string> names_of(const std::vector<node_identity>& nodes) {
  std::vector<std::string> names;
  for (const auto& node : nodes) names.push_back(node.name);
  return names;
}
using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a node learns its name from its own row, and is none of the others", "[core][node_watch]") {
  node_watch w{"n1-life", 3000ms};
  w.renewed({node_of("n1", 1), node_of("n2", 1)}, noon);
  CHECK(w.self().name == "n1");
  CHECK(names_of(w.others(noon)) == names{"n2"});
}

TEST_CASE("who has no lease, or leaves, is offered nothing", "[core][node_watch]") {
  node_watch w{"n1-life", 3000ms};
  w.renewed({node_of("n2", 1, false), node_of("n3", 1, true, true), node_of("n4", 1)}, noon);
  CHECK(names_of(w.others(noon)) == names{"n4"});
}

TEST_CASE("who cannot be reached is offered nothing", "[core][node_watch]") {
  node_watch w{"n1-life", 3000ms};
  auto mute = node_of("n2", 1);
  mute.peer_address.clear();
  w.renewed({mute, node_of("n1", 1)}, noon);
  CHECK(w.others(noon).empty());
  CHECK(w.is_reachable());
}

TEST_CASE("a lease that a stepped clock keeps alive is not believed for more than two lease times",
          "[core][node_watch][G7]") {
  node_watch w{"n1-life", 3000ms};
  w.renewed({node_of("n2", 1)}, noon);
  w.renewed({node_of("n2", 1)}, noon + 5999ms);
  CHECK(w.others(noon + 5999ms).size() == 1);
  CHECK(w.others(noon + 6000ms).empty());
  w.renewed({node_of("n2", 2)}, noon + 7s);
  CHECK(w.others(noon + 7s).size() == 1);
}

TEST_CASE("a node that only just started believes for two looks in a lease that nobody renews", "[core][node_watch]") {
  node_watch w{"n1-life", 3000ms};
  auto dead = node_of("n2", 4), lives = node_of("n3", 4);
  const auto look = [&](seconds at) {
    w.renewed({dead, lives}, noon + at);
    ++lives.renewals;
    return w.others(noon + at).size();
  };
  CHECK(look(0s) == 2);
  CHECK(look(1s) == 2);
  CHECK(look(2s) == 1);
  ++dead.renewals;  // it was only slow
  CHECK(look(3s) == 2);
  CHECK(look(4s) == 2);
  CHECK(look(8s) == 2);
  CHECK(look(9s) == 1);
}

TEST_CASE("a node is settled once it was seen to renew", "[core][node_watch]") {
  node_watch w{"n1-life", 3000ms};
  w.renewed({node_of("n2", 4)}, noon);
  CHECK(w.settled(noon).empty());
  w.renewed({node_of("n2", 5)}, noon + 1s);
  CHECK(w.settled(noon + 1s).size() == 1);
}

TEST_CASE("of two nodes under one name the one that came later sees that it is one too many", "[core][node_watch]") {
  auto older = node_of("n1", 7), younger = node_of("n1", 1);
  younger.node.incarnation = "n1-second";
  node_watch first{"n1-life", 3000ms}, second{"n1-second", 3000ms};
  first.renewed({older}, noon);
  for (int s = 1; s <= 7; ++s) {
    ++older.renewals, ++younger.renewals;
    first.renewed({older, younger}, noon + seconds{s});
    second.renewed({older, younger}, noon + seconds{s});
    CHECK(first.namesake() == nullptr);
    CHECK((second.namesake() != nullptr) == (s == 7));
  }
  CHECK(second.namesake()->node.incarnation == "n1-life");
}

TEST_CASE("what the last life of a node had on its way, however late, is no namesake", "[core][node_watch]") {
  auto dead = node_of("n1", 7), own = node_of("n1", 1);
  own.node.incarnation = "n1-second";
  node_watch w{"n1-second", 3000ms};
  w.renewed({dead, own}, noon);
  SECTION("several renewals, within seconds") {
    for (const auto late : {1s, 2s, 5s}) {
      ++dead.renewals;
      w.renewed({dead, own}, noon + late);
    }
  }
  SECTION("two, one of them much later") {
    for (const auto late : {1s, 20s}) {
      ++dead.renewals;
      w.renewed({dead, own}, noon + late);
    }
  }
  CHECK(w.namesake() == nullptr);
}

TEST_CASE("a node that stood still past its lease, and comes back beside its replacement, does not end that one",
          "[core][node_watch]") {
  auto older = node_of("n1", 7, false), own = node_of("n1", 1);
  own.node.incarnation = "n1-second";
  node_watch w{"n1-second", 3000ms};
  w.renewed({older, own}, noon);
  older.has_lease = true;
  for (int s = 20; s <= 30; ++s) {
    ++older.renewals;
    w.renewed({older, own}, noon + seconds{s});
  }
  CHECK(w.namesake() == nullptr);
}

TEST_CASE("a namesake that leaves, or whose lease has ended, makes room", "[core][node_watch]") {
  auto older = node_of("n1", 7), own = node_of("n1", 1);
  own.node.incarnation = "n1-second";
  node_watch w{"n1-second", 3000ms};
  for (int s = 0; s <= 7; ++s) {
    ++older.renewals;
    w.renewed({older, node_of("n2", older.renewals), own}, noon + seconds{s});
  }
  CHECK(w.namesake() != nullptr);
  older.is_leaving = true;
  w.renewed({older, own}, noon + 8s);
  CHECK(w.namesake() == nullptr);
  older.is_leaving = older.has_lease = false;
  w.renewed({older, own}, noon + 9s);
  CHECK(w.namesake() == nullptr);
}

TEST_CASE("a row that is gone is forgotten: a node of that life is new when it comes back", "[core][node_watch][G9]") {
  node_watch w{"n1-life", 3000ms};
  w.renewed({node_of("n2", 4)}, noon);
  w.renewed({}, noon + 1s);
  w.renewed({node_of("n2", 5)}, noon + 2s);
  CHECK(w.settled(noon + 2s).empty());
}

}  // namespace parley::testing
