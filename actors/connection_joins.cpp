#include "actors/connection_actor.hpp"
#include "actors/core/mutant.hpp"
#include "actors/core/overload.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

/// A connection's subscriptions: from `join` to `leave`, and `connect`, which joins many.
namespace parley {
namespace {

constexpr std::size_t behind_max = 1024;  // joins and leaves that wait for one earlier answer

}  // namespace

void connection_actor::begin_join(std::uint32_t id, const std::string& room, const request::join_options& options,
                                  bool in_connect) {
  auto who = identified(room);  // before a former subscription goes, which knows it
  end_subscription(room);
  if (rooms_.size() >= context_->options.rooms_per_connection) {
    refusal why{refusal_code::quota_exceeded, "too many rooms on this connection", {}};
    if (in_connect) {
      connect_outcome(room, std::move(why));
    } else {
      refuse(id, std::move(why), room);
    }
    return;
  }
  const auto key = who->key;
  auto& s = rooms_
                .emplace(room, subscription{std::move(who), generation{++last_generation_}, id,
                                            join_merge{room, options, context_->options.join}, nullptr, in_connect})
                .first->second;
  keys_.push_back({key, &s});
  perform(s, s.merge.start());
}

/// Where a join or leave of this room waits: behind a `connect` that names the room, or a join without its answer.
/// @returns null: it need not
std::vector<client_request>* connection_actor::answers_before(const std::string& room) {
  const auto found = rooms_.find(room);
  const bool is_joining = found != rooms_.end() && !found->second.is_answered;
  if (connecting_) {
    const bool is_in_connect =
        (found != rooms_.end() && found->second.is_in_connect) ||
        std::ranges::find(connecting_->reply.rooms, room, &reply::room_outcome::room) != connecting_->reply.rooms.end();
    if (is_in_connect) return &connecting_->behind;
  }
  return is_joining ? &found->second.behind : nullptr;
}

bool connection_actor::goes_behind(const std::string& room, client_request what) {
  auto* behind = answers_before(room);
  if (behind == nullptr) return false;
  if (behind->size() < behind_max)
    behind->push_back(std::move(what));
  else
    refuse(what.id, {refusal_code::rate_limited, "too many joins wait for their answers", milliseconds{100}}, room);
  return true;
}

void connection_actor::take_up_behind() {
  while (!due_.empty()) {
    auto next = std::move(due_.front());
    due_.pop_front();
    std::visit([&](auto& body) { asked(next.id, body); }, next.body);
  }
}

void connection_actor::end_subscription(const std::string& room) {
  auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  auto& s = found->second;
  session_->leave_live(s.room, s.gen);
  perform(s, s.merge.leave());
  erase(room);
}

void connection_actor::erase(const std::string& room) {
  const auto found = rooms_.find(room);
  std::erase_if(keys_, [&](const keyed& k) { return k.what == &found->second; });
  rooms_.erase(found);
}

connection_actor::subscription* connection_actor::subscription_of(const room_key& room, parley::generation gen) {
  const auto found = std::ranges::find(keys_, room, &keyed::key);
  if (found == keys_.end()) return nullptr;
  const bool is_its = found->what->gen == gen || is_on(mutant::generation_ignored);
  return is_its ? found->what : nullptr;
}

void connection_actor::perform(subscription& s, join_merge::effects effects) {
  for (auto& e : effects) {
    const bool is_outcome =
        std::holds_alternative<join_merge::joined>(e) || std::holds_alternative<join_merge::refused>(e) ||
        std::holds_alternative<join_merge::attach>(e) || std::holds_alternative<join_merge::detach>(e) ||
        std::holds_alternative<join_merge::fetch>(e);
    if (s.is_in_connect && connecting_ && !is_outcome) {
      s.held.push_back(std::move(e));  // `connected` comes first
    } else if (!perform_one(s, e)) {
      return;  // the subscription is gone
    }
  }
}

/// @returns whether the subscription is still there
bool connection_actor::perform_one(subscription& s, join_merge::effect& effect) {
  return std::visit(
      overload{
          [&](const join_merge::attach&) {
            attaching_.push_back(s.gen);
            caf::anon_send(feeds_, msg::attach{s.room, s.gen, session_->thread(), caf::actor_cast<caf::actor>(this)});
            return true;
          },
          [&](const join_merge::detach&) {
            if (s.feed) caf::anon_send(s.feed, msg::detach{session_->thread()});
            s.feed = nullptr;
            return true;
          },
          [&](const join_merge::fetch& e) {
            caf::anon_send(s.feed, msg::fetch{s.gen, e.after, e.limit, e.held, caf::actor_cast<caf::actor>(this)});
            return true;
          },
          [&](join_merge::joined& e) {
            context_->probe->joined();
            s.is_answered = true;
            std::ranges::move(std::exchange(s.behind, {}), std::back_inserter(due_));
            if (s.is_in_connect) {
              connect_outcome(s.room->room, std::move(e.what));
            } else {
              session_->send({s.request_id, std::move(e.what)});
            }
            return true;
          },
          [&](join_merge::refused& e) {
            context_->probe->join_refused();
            if (s.feed) caf::anon_send(s.feed, msg::detach{session_->thread()});
            const auto room = s.room->room;
            const auto id = s.request_id;
            const bool in_connect = s.is_in_connect;
            std::ranges::move(std::exchange(s.behind, {}), std::back_inserter(due_));
            erase(room);
            if (in_connect) {
              connect_outcome(room, std::move(e.why));
            } else {
              refuse(id, std::move(e.why), room);
            }
            return false;
          },
          [&](join_merge::send& e) {
            if (const auto* batch = std::get_if<push::batch>(&e.what)) spend(batch->events);
            std::visit([&](auto& push) { session_->send({0, std::move(push)}); }, e.what);
            return true;
          },
          [&](const join_merge::await_drained&) {
            session_->notify_drained(s.gen.value);
            return true;
          },
          [&](const join_merge::go_live& e) {
            session_->go_live(s.room, s.gen, e.at);
            return true;
          },
          [&](const join_merge::broken& e) {
            context_->probe->log_broken();
            context_->log->write(log_level::error, "log.broken",
                                 {{"room_key", s.room->key.hex()}, {"after", std::to_string(e.at.seq.value)}});
            session_->close(close_code::internal, "the room's log is damaged");
            return true;
          }},
      effect);
}

void connection_actor::connect_outcome(const std::string& room, std::variant<reply::joined, refusal> outcome) {
  if (!connecting_) return;
  connecting_->reply.rooms.push_back({room, std::move(outcome)});
  --connecting_->waiting;
  finish_connect();
}

/// Once every room of the connect has its answer: the reply, then what the rooms had to hold back, then the joins and
/// leaves that came meanwhile.
void connection_actor::finish_connect() {
  if (!connecting_ || connecting_->waiting > 0) return;
  auto answered_now = std::move(*std::exchange(connecting_, nullptr));
  if (answered_now.id != 0) {
    session_->send({answered_now.id, std::move(answered_now.reply)});
  } else {
    for (auto& [room, outcome] : answered_now.reply.rooms) say_without_id(std::move(room), std::move(outcome));
  }
  std::vector<std::string> names;
  for (const auto& [name, s] : rooms_) {
    if (s.is_in_connect) names.push_back(name);
  }
  for (const auto& name : names) {
    auto found = rooms_.find(name);
    if (found == rooms_.end()) continue;
    found->second.is_in_connect = false;
    perform(found->second, std::exchange(found->second.held, {}));
  }
  std::ranges::move(answered_now.behind, std::back_inserter(due_));
}

/// Of a connect without an id: no reply on success, and each room's refusal is a push.
void connection_actor::say_without_id(std::string room, std::variant<reply::joined, refusal> outcome) {
  if (auto* why = std::get_if<refusal>(&outcome)) {
    refuse(0, std::move(*why), std::move(room));
  } else {
    session_->send({0, std::get<reply::joined>(std::move(outcome))});
  }
}

}  // namespace parley
