#pragma once

#include "actors/chat_context.hpp"
#include "actors/messages.hpp"
#include "actors/ownership_messages.hpp"
#include "actors/ports/peer_network.hpp"

#include <caf/event_based_actor.hpp>

#include <string>
#include <unordered_map>
#include <vector>

namespace parley {

/// A link that another node opened to this one: its questions go to the shards here, their answers go back. Ends with
/// the link.
class peer_actor : public caf::event_based_actor {
public:
  peer_actor(caf::actor_config& config, context_ptr context, std::uint64_t number, node_identity who,
             std::shared_ptr<peer_link> link, msg::house house);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "peer"; }

private:
  void asked(peer::publish& what);
  void asked(peer::head_question& what);
  void asked(peer::look& what);
  template <class Answer>
  void asked(Answer&);
  void say(peer::item item);
  void give_up(const char* why);
  room_ref identified(const std::string& instance, const std::string& room);

  context_ptr context_;
  std::uint64_t number_;
  node_identity who_;
  std::shared_ptr<peer_link> link_;
  msg::house house_;
  std::unordered_map<std::string, room_ref> identities_;
};

}  // namespace parley
