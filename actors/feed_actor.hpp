#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/feed.hpp"
#include "actors/messages.hpp"

#include <caf/event_based_actor.hpp>

#include <unordered_map>

namespace parley {

/// This node's feed of one room: a mailbox around a feed core. Delivers to the live tables of the threads with
/// subscribers; gives joins their view; reads holes from storage.
class feed_actor : public caf::event_based_actor {
public:
  feed_actor(caf::actor_config& config, context_ptr context, room_ref room, caf::actor feeds, caf::actor router);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "feed"; }

private:
  struct asker {
    parley::generation generation;
    bool is_attach;
    caf::actor connection;
  };

  void perform(feed::effects effects);
  void perform_one(feed::ask_head& e);
  void perform_one(feed::ask_newest& e);
  void perform_one(feed::ask_range& e);
  void perform_one(feed::open_thread& e);
  void perform_one(feed::close_thread& e);
  void perform_one(feed::deliver& e);
  void perform_one(feed::reset_threads& e);
  void perform_one(feed::attached& e);
  void perform_one(feed::fetched& e);
  void perform_one(feed::failed& e);
  void perform_one(feed::marked& e);
  void perform_one(feed::hole_filled& e);
  void perform_one(feed::broken& e);
  feed_ticket ticket_for(parley::generation generation, bool is_attach, caf::actor connection);
  asker take(feed_ticket ticket);
  void read_head(question q);

  context_ptr context_;
  room_ref room_;
  feed core_;
  caf::actor feeds_;
  caf::actor router_;
  std::unordered_map<feed_ticket, asker> askers_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t attaches_ = 0;
  bool wants_tick_ = false;
};

}  // namespace parley
