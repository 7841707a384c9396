#include "actors/peer_actor.hpp"

#include "actors/core/overload.hpp"
#include "actors/core/peer_sessions.hpp"
#include "actors/room_identity.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {
namespace {

constexpr std::size_t identities_max = 4096;

}  // namespace

peer_actor::peer_actor(caf::actor_config& config, context_ptr context, std::uint64_t number, node_identity who,
                       std::shared_ptr<peer_link> link, msg::house house)
    : event_based_actor(config),
      context_(std::move(context)),
      number_(number),
      who_(std::move(who)),
      link_(std::move(link)),
      house_(std::move(house)) {}

caf::behavior peer_actor::make_behavior() {
  return {
      [this](msg::peer_said& m) {
        for (auto& item : m.items) {
          if (!link_) return;
          std::visit([this](auto& what) { asked(what); }, item);
        }
      },
      [this](const msg::write_answer& m) {
        if (const auto* stored = std::get_if<reply::published>(&m.what)) {
          say(peer::published{m.number, stored->at_position, stored->at, stored->duplicate});
        } else {
          say(peer::refused{m.number, std::get<refusal>(m.what)});
        }
      },
      [this](const msg::write_returned& m) { say(peer::not_owner{m.what.from.number}); },
      [this](const msg::head_word& m) {
        say(peer::head{m.q.value, m.head});
      },
      [this](const msg::peer_closed&) { quit(); },
  };
}

void peer_actor::on_exit() {
  if (link_) link_->close();
  link_.reset();
  house_ = {};
}

void peer_actor::asked(peer::publish& what) {
  auto room = identified(what.instance, what.room);
  if (room->shard != what.shard) return give_up("it counts the cluster's shards in another way");
  caf::anon_send(house_.shards[room->shard.value],
                 msg::write{room,
                            std::move(what.what),
                            {session_of_peer(number_, what.session), what.round, what.request},
                            caf::actor_cast<caf::actor>(this),
                            what.term});
}

void peer_actor::asked(peer::head_question& what) {
  auto room = identified(what.instance, what.room);
  if (room->shard != what.shard) return give_up("it counts the cluster's shards in another way");
  caf::anon_send(house_.shards[room->shard.value],
                 msg::head_question{room, question{what.request}, caf::actor_cast<caf::actor>(this), true});
}

void peer_actor::asked(peer::look& what) {
  if (what.database.value < house_.owners.size())
    caf::anon_send(house_.owners[what.database.value], msg::look{what.database, true});
}

template <class Answer>
void peer_actor::asked(Answer&) {
  give_up("it answers what nobody asked it");
}

/// An answer that cannot go is lost: the other node has to know, and an ended link tells it (C9).
void peer_actor::say(peer::item item) {
  if (link_ && !link_->send(std::move(item))) give_up("it does not take its answers");
}

void peer_actor::give_up(const char* why) {
  if (!link_) return;
  context_->log->write(log_level::warn, "peer.given_up", {{"node", who_.name}, {"why", why}});
  link_->close();
  link_.reset();
  quit();
}

room_ref peer_actor::identified(const std::string& instance, const std::string& room) {
  auto name = instance;
  name.append(1, '\0').append(room);
  if (const auto found = identities_.find(name); found != identities_.end()) return found->second;
  if (identities_.size() >= identities_max) identities_.clear();
  return identities_.emplace(std::move(name), identify(instance, room, context_->options.shards)).first->second;
}

}  // namespace parley
