#include "actors/room_actor.hpp"

#include "actors/core/peer_sessions.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {
namespace {

/// A later actor of the same room must not take an answer to a former one's draft for its own.
room_log_options with_tickets(room_log_options options, std::uint64_t waking) {
  options.ticket_base = waking << 32;
  return options;
}

}  // namespace

room_actor::room_actor(caf::actor_config& config, context_ptr context, room_ref room, history_page newest,
                       std::uint64_t waking, caf::actor shard, caf::actor writer, caf::actor router)
    : event_based_actor(config),
      context_(std::move(context)),
      core_(room, newest.head, with_tickets(context_->options.room, waking)),
      shard_(std::move(shard)),
      writer_(std::move(writer)),
      router_(std::move(router)) {
  const auto last_at = newest.events.empty() ? unix_time{} : newest.events.back()->at;
  caf::anon_send(writer_, msg::open_room{std::move(room), newest.head, last_at, caf::actor_cast<caf::actor>(this)});
}

caf::behavior room_actor::make_behavior() {
  return {
      [this](msg::write& m) {
        ++handled_;
        publish(m);
      },
      [this](msg::room_results& m) { ended(m); },
      [this](msg::head_question& m) {
        ++handled_;
        if (!m.is_of_peer) local_feed_ = caf::actor_cast<caf::actor_addr>(m.feed);
        caf::anon_send(m.feed, msg::head_word{m.q, core_.head()});
      },
      [this](const msg::retire& m) {
        for (const auto& a : core_.abandon()) answer(a);
        caf::anon_send(shard_, msg::retired{m.term});
        quit();
      },
      [this](const msg::flush& m) {
        flushing_ = m.term;
        say_flushed();
      },
      [this](const msg::sleep_question& m) {
        core_.forget_old(context_->clock->boot_now());
        if (m.forwarded == handled_ && core_.queued() == 0) {
          caf::anon_send(shard_, msg::asleep{core_.room()->key, handled_});
        }
      },
  };
}

void room_actor::on_exit() {
  shard_ = nullptr;
  writer_ = nullptr;
  router_ = nullptr;
  sessions_.clear();
}

void room_actor::publish(msg::write& m) {
  const auto decision = core_.publish(m.from, m.what, context_->clock->boot_now());
  if (const auto* refused_or_repeated = std::get_if<room_log::answer>(&decision)) {
    if (std::holds_alternative<reply::published>(refused_or_repeated->what)) context_->probe->publish_repeated();
    tell_of_refusal(*refused_or_repeated);
    caf::anon_send(m.connection, msg::write_answer{core_.room(), m.from.number, refused_or_repeated->what});
    return;
  }
  auto& waiting = sessions_[m.from.session];
  if (waiting.writes++ == 0) waiting.connection = std::move(m.connection);
  if (const auto* queued = std::get_if<room_log::queue>(&decision)) {
    caf::anon_send(writer_, msg::enqueue{core_.room()->key, queued->ticket, std::move(m.what), queued->heard});
  }
}

void room_actor::ended(msg::room_results& m) {
  const auto now = context_->clock->boot_now();
  const auto before = core_.head().head;
  event_list events;
  for (const auto& outcome : m.outcomes) {
    for (const auto& a : core_.ended(outcome, now)) answer(a);
    if (const auto* known = std::get_if<outcome::committed>(&outcome.how)) events.push_back(known->event);
  }
  core_.heard_failures(m.failures);
  if (events.empty()) return say_flushed();
  context_->probe->published(events.size());
  room_envelope envelope{core_.room()->key, before, std::move(events)};
  // The Redis copy of what this node's feed gets here is then a repeat, dropped by its position.
  if (auto feed = caf::actor_cast<caf::actor>(local_feed_)) caf::anon_send(feed, msg::envelope{envelope});
  context_->publish(core_.room(), std::move(envelope));
  say_flushed();
}

void room_actor::say_flushed() {
  if (!flushing_ || core_.queued() > 0) return;
  caf::anon_send(shard_, msg::flushed{*std::exchange(flushing_, std::nullopt)});
}

void room_actor::answer(const room_log::answer& a) {
  auto found = sessions_.find(a.to.session);
  if (found == sessions_.end()) return;
  tell_of_refusal(a);
  caf::anon_send(found->second.connection, msg::write_answer{core_.room(), a.to.number, a.what});
  if (--found->second.writes == 0) sessions_.erase(found);
}

/// Before its session hears of it: what the session sent meanwhile may be anywhere by now, and must not pass (C16).
void room_actor::tell_of_refusal(const room_log::answer& a) {
  const auto* why = std::get_if<refusal>(&a.what);
  if (why == nullptr) return;
  context_->probe->publish_refused();
  if (breaks_order(why->code) && !is_of_peer(a.to.session))
    caf::anon_send(router_, msg::order_broken{core_.room()->shard, a.to.session, a.to.round});
}

}  // namespace parley
