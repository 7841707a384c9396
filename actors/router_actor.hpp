#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/endpoint_overlaps.hpp"
#include "actors/core/head_questions.hpp"
#include "actors/core/route_book.hpp"
#include "actors/core/shard_places.hpp"
#include "actors/messages.hpp"
#include "actors/ownership_messages.hpp"
#include "actors/peer_links.hpp"

#include <caf/event_based_actor.hpp>

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace parley {

/// Brings writes and head questions to the room's shard, on this node or over a link to the one that owns it: a mailbox
/// around a route_book core and this node's links.
class router_actor : public caf::event_based_actor {
public:
  router_actor(caf::actor_config& config, context_ptr context);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "router"; }

private:
  using book = route_book<msg::write>;
  struct head_asker {
    caf::actor feed;
    question q;
  };

  void write(msg::write& m);
  void head(msg::head_question& m);
  void seen(const msg::owners_seen& m);
  void placed(const shard_places& places);
  void move_endpoints(const std::vector<endpoint_change>& changes);
  void tell_lacking(const char* event, std::size_t shards, const char* what);
  void tell_to_look(const msg::tell_to_look& m);
  void opened(const msg::peer_opened& m);
  void said(msg::peer_said& m);
  void closed(const msg::peer_closed& m);
  void answered(peer::published& what);
  void answered(peer::refused& what);
  void answered(peer::not_owner& what);
  void answered(peer::head& what);
  static void tell_head(const head_asker& asker, std::optional<room_head> what);
  template <class Question>
  void answered(Question&) {}  // this side of a link is only answered
  void perform(book::effects effects);
  void perform_one(book::to_shard& e);
  void perform_one(book::to_peer& e);
  void perform_one(book::answer& e);
  void perform_one(book::look& e);
  void perform_one(book::dial& e);
  void tick();
  void keep_ticking();
  instant now() const { return context_->clock->boot_now(); }

  context_ptr context_;
  book book_;
  peer_links links_;
  msg::house house_;
  std::optional<shard_places> places_;  ///< the newest map; none: as the routes were at the start
  head_questions<head_asker> heads_;
  endpoint_overlaps overlaps_;
  std::unordered_set<std::string> full_;  ///< links that took no more, while one list of effects is carried out
  std::vector<instant> looked_at_;        ///< by database
  bool is_ticking_ = false;               ///< `msg::tick` is under way: something waits
  bool is_polling_ = false;               ///< `msg::poll` is under way: something is remembered
};

}  // namespace parley
