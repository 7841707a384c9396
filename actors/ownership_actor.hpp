#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/lease.hpp"
#include "actors/messages.hpp"

#include <caf/event_based_actor.hpp>

#include <unordered_map>

namespace parley {

/// This node's lease and shards in one database: renews, surveys, claims what C8 allows, and tells the shards and the
/// writer what is theirs. One per database.
class ownership_actor : public caf::event_based_actor {
public:
  ownership_actor(caf::actor_config& config, context_ptr context, database_id database,
                  std::unordered_map<shard_id, caf::actor> shards, caf::actor writer);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "ownership"; }

private:
  void renew();
  void survey();
  void surveyed(msg::surveyed& m);
  void claimed(msg::shards_claimed& m);
  void let_go(shard_id shard, parley::term under, const std::string& reason);
  void release(msg::release& m);

  context_ptr context_;
  database_id database_;
  ownership_log& owners_;
  lease core_;
  std::unordered_map<shard_id, caf::actor> shards_;
  caf::actor writer_;
  bool is_renewing_ = false;
  bool is_surveying_ = false;
  bool is_releasing_ = false;
};

}  // namespace parley
