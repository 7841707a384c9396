#pragma once

#include "actors/ownership_actor.hpp"

#include "tests/actors/actor_stage.hpp"

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::testing {

/// The ownership of database 0, which holds shard 0.
struct ownership_stage : actor_stage {
  using shard_messages = heard<msg::shard_opened, msg::shard_closed, msg::hand_over>;
  using router_messages = heard<msg::owners_seen, msg::tell_to_look>;

  /// What the shard heard names the writer, and what the writer heard names the shard: neither would go.
  ~ownership_stage() { written->of<msg::open_shard>().clear(); }
  void renewed(std::size_t which, std::uint64_t renewals = 1) {
    owners[0].renewals.at(which).answer(lease_renewal{{"system", "1"}, renewals, nodes});
    run();
  }
  void surveyed(std::size_t which, result<std::vector<shard_row>> rows) {
    owners[0].surveys.at(which).answer(std::move(rows));
    run();
  }
  void claimed(std::size_t which, bool is_won) {
    owners[0].claims.at(which).answer(std::vector<claimed_shard>{{shard_id{0}, is_won, term{5}, attempt{10}}});
    run();
  }
  void own() {
    renewed(0);
    surveyed(0, std::vector<shard_row>{{shard_id{0}, "", term{4}, attempt{10}}});
    claimed(0, true);
  }
  void fence(term under) { tell(ownership, msg::shard_fenced{shard_id{0}, under, "another owner"}); }

  std::vector<cluster_node> nodes;  ///< that renewals show
  std::shared_ptr<shard_messages> shard_told = std::make_shared<shard_messages>();
  std::shared_ptr<heard<msg::open_shard, msg::close_shard>> written =
      std::make_shared<heard<msg::open_shard, msg::close_shard>>();
  std::shared_ptr<router_messages> routed = std::make_shared<router_messages>();
  caf::actor router = listen(routed);
  caf::actor shard = listen(shard_told);
  caf::actor writer = listen(written);
  caf::actor ownership = spawn<ownership_actor>(
      context, database_id{0}, std::unordered_map<shard_id, caf::actor>{{shard_id{0}, shard}}, writer, router);
};

}  // namespace parley::testing
