#include "actors/room_actor.hpp"

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
                       std::uint64_t waking, caf::actor shard, caf::actor writer)
    : event_based_actor(config),
      context_(std::move(context)),
      core_(room, newest.head, with_tickets(context_->options.room, waking)),
      shard_(std::move(shard)),
      writer_(std::move(writer)) {
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
        local_feed_ = caf::actor_cast<caf::actor_addr>(m.feed);
        caf::anon_send(m.feed, msg::head_word{m.q, core_.head()});
      },
      [this](const msg::retire&) {
        for (const auto& a : core_.abandon()) answer(a);
        quit();
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
  sessions_.clear();
}

void room_actor::publish(msg::write& m) {
  const auto decision = core_.publish(m.from, m.what, context_->clock->boot_now());
  if (const auto* refused_or_repeated = std::get_if<room_log::answer>(&decision)) {
    caf::anon_send(m.connection, msg::write_answer{core_.room(), m.from.number, refused_or_repeated->what});
    if (std::holds_alternative<reply::published>(refused_or_repeated->what)) {
      context_->probe->publish_repeated();
    } else {
      context_->probe->publish_refused();
    }
    return;
  }
  auto& waiting = sessions_[m.from.session];
  if (waiting.writes++ == 0) waiting.connection = std::move(m.connection);
  if (const auto* queued = std::get_if<room_log::queue>(&decision)) {
    caf::anon_send(writer_, msg::enqueue{core_.room()->key, queued->ticket, std::move(m.what)});
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
  if (events.empty()) return;
  context_->probe->published(events.size());
  room_envelope envelope{core_.room()->key, before, std::move(events)};
  // The Redis copy of what this node's feed gets here is then a repeat, dropped by its position.
  if (auto feed = caf::actor_cast<caf::actor>(local_feed_)) caf::anon_send(feed, msg::envelope{envelope});
  context_->endpoint_of(core_.room()->shard).publish(core_.room(), std::move(envelope));
}

void room_actor::answer(const room_log::answer& a) {
  auto found = sessions_.find(a.to.session);
  if (found == sessions_.end()) return;
  if (std::holds_alternative<refusal>(a.what)) context_->probe->publish_refused();
  caf::anon_send(found->second.connection, msg::write_answer{core_.room(), a.to.number, a.what});
  if (--found->second.writes == 0) sessions_.erase(found);
}

}  // namespace parley
