#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/room_log.hpp"
#include "actors/messages.hpp"

#include <caf/event_based_actor.hpp>

#include <optional>
#include <unordered_map>

namespace parley {

/// The owner's actor of one room: a mailbox around a room_log core. It acknowledges, publishes to Redis and tells this
/// node's feed, in this order, and only what is known to be committed (C5).
class room_actor : public caf::event_based_actor {
public:
  room_actor(caf::actor_config& config, context_ptr context, room_ref room, history_page newest, std::uint64_t waking,
             caf::actor shard, caf::actor writer, caf::actor router);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "room"; }

private:
  void publish(msg::write& m);
  void ended(msg::room_results& m);
  void answer(const room_log::answer& a);
  void tell_of_refusal(const room_log::answer& a);
  void say_flushed();

  context_ptr context_;
  room_log core_;
  caf::actor shard_;
  caf::actor writer_;
  caf::actor router_;
  struct waiting_session {
    caf::actor connection;
    std::size_t writes = 0;
  };
  std::unordered_map<session_id, waiting_session> sessions_;  ///< with writes under way
  caf::actor_addr local_feed_;                                ///< this node's feed of the room, if it asked
  std::optional<term> flushing_;                              ///< the shard waits for `flushed`
  std::uint64_t handled_ = 0;                                 ///< messages forwarded by the shard
};

}  // namespace parley
