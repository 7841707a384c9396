#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/shard_writer.hpp"
#include "actors/messages.hpp"
#include "actors/ownership_messages.hpp"

#include <caf/event_based_actor.hpp>

#include <unordered_map>

namespace parley {

/// The one writer of a (node, database): a mailbox around a shard_writer core. Results go to the rooms, commits to the
/// shards (for their beacons), a fence to the ownership actor.
class writer_actor : public caf::event_based_actor {
public:
  writer_actor(caf::actor_config& config, context_ptr context, database_id database);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "writer"; }

private:
  void perform(shard_writer::effects effects);
  void perform_one(shard_writer::append& e);
  void perform_one(shard_writer::recover& e);
  void perform_one(shard_writer::room_results& e);
  void perform_one(shard_writer::late_events& e);
  void perform_one(shard_writer::shard_moved& e);
  void perform_one(shard_writer::step_down& e);
  void keep_ticking();
  void finish_release();

  context_ptr context_;
  database_id database_;
  event_log& log_;
  shard_writer core_;
  struct open_room {
    shard_id shard;
    caf::actor actor;
  };
  std::unordered_map<room_key, open_room> rooms_;
  std::unordered_map<shard_id, caf::actor> shards_;
  caf::actor ownership_;
  std::uint64_t batch_ = 0;  ///< which append or recovery is under way; answers to older ones are not for us
  instant sent_at_{};
  bool is_ticking_ = false;
  bool is_gathering_ = false;  ///< a timer for the end of the gathering is under way
  std::shared_ptr<std::function<void()>> released_;
};

}  // namespace parley
