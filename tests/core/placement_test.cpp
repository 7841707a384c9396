#include "actors/core/placement.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace parley::testing {
namespace {

constexpr std::uint32_t shards = 256;

std::vector<node_identity> nodes_named(std::initializer_list<std::string> names) {
  std::vector<node_identity> nodes;
  for (const auto& name : names) nodes.push_back({name, name + "-life"});
  return nodes;
}
std::string owner_of(const std::vector<node_identity>& nodes, std::uint32_t shard) {
  return desired_owner(nodes, shard_id{shard})->name;
}

}  // namespace

TEST_CASE("placement is fixed for ever: every node computes the same, in every version", "[core][placement]") {
  // Computed by hand from the definition (FNV-1a, then SplitMix64's finalizer) with another program.
  CHECK(placement_score("n1", shard_id{0}) == 0x5badd04f049599a9);
  CHECK(placement_score("parley-eu-2", shard_id{255}) == 0xb692e0c118a0d815);
}

TEST_CASE("the order in which nodes are listed changes nothing", "[core][placement]") {
  const auto there = nodes_named({"n1", "n2", "n3"}), back = nodes_named({"n3", "n2", "n1"});
  for (std::uint32_t s = 0; s < shards; ++s) CHECK(owner_of(there, s) == owner_of(back, s));
}

TEST_CASE("a node that goes moves only its own shards, and one that comes only takes", "[core][placement]") {
  const auto three = nodes_named({"n1", "n2", "n3"}), two = nodes_named({"n1", "n3"});
  for (std::uint32_t s = 0; s < shards; ++s) {
    const auto before = owner_of(three, s);
    if (before != "n2") CHECK(owner_of(two, s) == before);
  }
}

TEST_CASE("shards spread over the nodes", "[core][placement]") {
  const auto nodes = nodes_named({"n1", "n2", "n3", "n4"});
  std::map<std::string, int> count;
  for (std::uint32_t s = 0; s < shards; ++s) ++count[owner_of(nodes, s)];
  for (const auto& [name, owned] : count) {
    CAPTURE(name);
    CHECK(owned > 64 - 24);  // three standard deviations of chance
    CHECK(owned < 64 + 24);
  }
}

TEST_CASE("a wish decides where a node of that name is there, its latest life first", "[core][placement]") {
  const std::vector<node_identity> nodes{{"n1", "b"}, {"n2", "c"}, {"n1", "a"}};
  for (std::uint32_t s = 0; s < shards; ++s) {
    CHECK(desired_owner(nodes, shard_id{s}, "n1")->incarnation == "b");
    CHECK(desired_owner(nodes, shard_id{s}, "n2")->incarnation == "c");
    CHECK(desired_owner(nodes, shard_id{s}, "n3") == desired_owner(nodes, shard_id{s}));
  }
}

TEST_CASE("nobody there, nobody chosen", "[core][placement]") { CHECK(desired_owner({}, shard_id{0}) == nullptr); }

}  // namespace parley::testing
