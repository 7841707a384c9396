#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/lease.hpp"
#include "actors/messages.hpp"
#include "actors/ownership_messages.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley {

/// This node's lease and shards in one database: renews, surveys, claims what C8 allows, hands over what other nodes
/// should own, and tells the shards, the writer and the router what is theirs. One per database.
class ownership_actor : public caf::event_based_actor {
public:
  ownership_actor(caf::actor_config& config, context_ptr context, database_id database,
                  std::unordered_map<shard_id, caf::actor> shards, caf::actor writer, caf::actor router);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "ownership"; }

private:
  void renew();
  void renewed(const msg::lease_renewed& m);
  void note_changes(std::uint64_t changes);
  void read_places();
  void survey();
  void surveyed(msg::surveyed& m);
  void await_watch_end(instant now);
  void claimed(msg::shards_claimed& m);
  void arrived(const msg::shard_arrived& m);
  void left(shard_id shard);
  void move_shards();
  void yield();
  void yielded(const msg::yielded& m);
  void leave(msg::leave& m);
  void finish_leave();
  void let_go(shard_id shard, parley::term under, log_level level, const char* event, const std::string& reason);
  void release(msg::release& m);
  void finish_release();
  void name_taken(const cluster_node& by);
  bool has_to_look() const;
  void note_others(const std::vector<shard_row>& rows);

  context_ptr context_;
  database_id database_;
  ownership_log& owners_;
  lease core_;
  std::unordered_map<shard_id, caf::actor> shards_;
  caf::actor writer_;
  caf::actor router_;
  std::unordered_map<shard_id, std::string> takers_;  ///< of the shards on their way to another node, by incarnation
  std::vector<owned_shard> ready_;                    ///< flushed, to be given back with the next statement
  std::shared_ptr<std::function<void()>> left_, released_;
  std::optional<std::uint64_t> changes_;  ///< as the newest renewal told them; none: the map is still to be read
  std::uint64_t map_ = 0;                 ///< the newest version that the router was told
  instant renewed_at_{}, surveyed_at_{};
  std::size_t nodes_said_ = 0;
  std::size_t elsewhere_ = 0;
  bool is_renewing_ = false;
  bool is_surveying_ = false;
  bool has_to_look_again_ = false;
  bool is_yielding_ = false;
  bool is_watch_end_due_ = false;
  bool is_releasing_ = false;
};

}  // namespace parley
