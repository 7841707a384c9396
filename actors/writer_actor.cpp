#include "actors/writer_actor.hpp"

#include "actors/core/mutant.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {
namespace {

constexpr milliseconds writer_tick_period{20};

}  // namespace

writer_actor::writer_actor(caf::actor_config& config, context_ptr context, database_id database)
    : event_based_actor(config),
      context_(std::move(context)),
      database_(database),
      log_(*context_->databases[database.value].log),
      core_(context_->options.node.incarnation, context_->options.writer) {}

caf::behavior writer_actor::make_behavior() {
  return {
      [this](msg::enqueue& m) {
        perform(core_.enqueue(m.room, m.ticket, std::move(m.what), m.heard, context_->clock->boot_now(),
                              context_->clock->unix_now()));
        keep_ticking();
      },
      [this](msg::appended& m) {
        if (m.batch != batch_) return;
        if (m.outcome.has_value()) {
          context_->probe->batch_committed(context_->clock->boot_now() - sent_at_);
        } else {
          if (m.outcome.error().code == errc::outcome_unknown) context_->probe->outcome_unknown();
          context_->log->write(log_level::warn, "batch.failed",
                               {{"database", shown(database_)},
                                {"code", std::string(to_string(m.outcome.error().code))},
                                {"why", m.outcome.error().detail}});
        }
        perform(core_.appended(std::move(m.outcome), context_->clock->boot_now(), context_->clock->unix_now()));
        keep_ticking();
      },
      [this](msg::recovery_answered& m) {
        if (m.batch != batch_) return;
        context_->log->write(log_level::info, "batch.recovered",
                             {{"database", shown(database_)},
                              {"code", m.outcome.has_value() ? "ok" : std::string(to_string(m.outcome.error().code))}});
        perform(core_.recovered(std::move(m.outcome), context_->clock->boot_now(), context_->clock->unix_now()));
        keep_ticking();
      },
      [this](msg::open_room& m) {
        core_.open_room(m.room, m.head, m.last_at);
        rooms_.insert_or_assign(m.room->key, open_room{m.room->shard, std::move(m.room_actor)});
      },
      [this](const msg::close_room& m) {
        core_.close_room(m.room);
        rooms_.erase(m.room);
      },
      [this](msg::open_shard& m) {
        core_.open_shard(m.shard, m.mark.term, m.mark.n);
        shards_.insert_or_assign(m.shard, std::move(m.shard_actor));
        ownership_ = caf::actor_cast<caf::actor>(current_sender());
      },
      [this](const msg::close_shard& m) {
        perform(core_.close_shard(m.shard));
        std::erase_if(rooms_, [&](const auto& entry) { return entry.second.shard == m.shard; });
        shards_.erase(m.shard);
      },
      [this](msg::release& m) {
        released_ = std::move(m.done);
        finish_release();
      },
      [this](const msg::tick&) {
        is_ticking_ = false;
        perform(core_.tick(context_->clock->boot_now(), context_->clock->unix_now()));
        keep_ticking();
      },
      [this](const msg::poll&) {
        is_gathering_ = false;
        perform(core_.tick(context_->clock->boot_now(), context_->clock->unix_now()));
        keep_ticking();
      },
  };
}

void writer_actor::on_exit() {
  rooms_.clear();
  shards_.clear();
  ownership_ = nullptr;
  released_ = nullptr;  // it holds the ownership actors, which hold us
}

void writer_actor::perform(shard_writer::effects effects) {
  for (auto& effect : effects) {
    std::visit([this](auto& e) { perform_one(e); }, effect);
  }
  finish_release();
}

void writer_actor::perform_one(shard_writer::append& e) {
  std::size_t events = 0;
  for (const auto& shard : e.batch.shards) {
    for (const auto& room : shard.rooms) {
      events += room.events.size();
      if (is_on(mutant::publish_before_commit)) {
        context_->publish(room.room, {room.room->key, room.before, room.events});
      }
    }
  }
  context_->probe->batch_sent(events);
  sent_at_ = context_->clock->boot_now();
  log_.append(std::move(e.batch), [self = caf::actor_cast<caf::actor>(this), batch = ++batch_](auto outcome) {
    caf::anon_send(self, msg::appended{batch, std::move(outcome)});
  });
}

void writer_actor::perform_one(shard_writer::recover& e) {
  log_.recover(std::move(e.request), [self = caf::actor_cast<caf::actor>(this), batch = ++batch_](auto outcome) {
    caf::anon_send(self, msg::recovery_answered{batch, std::move(outcome)});
  });
}

void writer_actor::perform_one(shard_writer::room_results& e) {
  if (auto room = rooms_.find(e.room); room != rooms_.end()) {
    caf::anon_send(room->second.actor, msg::room_results{std::move(e.outcomes), e.failures});
  }
}

void writer_actor::perform_one(shard_writer::late_events& e) {
  context_->probe->published(e.events.size());
  context_->publish(e.room, {e.room->key, e.before, std::move(e.events)});
}

void writer_actor::perform_one(shard_writer::shard_moved& e) {
  if (auto shard = shards_.find(e.shard); shard != shards_.end()) {
    caf::anon_send(shard->second, msg::shard_moved{e.shard, e.mark, std::move(e.heads)});
  }
}

void writer_actor::perform_one(shard_writer::step_down& e) {
  std::erase_if(rooms_, [&](const auto& entry) { return entry.second.shard == e.shard; });
  shards_.erase(e.shard);
  caf::anon_send(ownership_, msg::shard_fenced{e.shard, e.term, std::move(e.reason)});
}

/// Only while something waits. One timer of each kind, never more: a writer that is busy for hours gathers some hundred
/// times a second.
void writer_actor::keep_ticking() {
  if (core_.is_idle()) return;
  if (!std::exchange(is_ticking_, true)) delayed_send(this, writer_tick_period, msg::tick{});
  if (!is_gathering_ && core_.is_gathering(context_->clock->boot_now())) {
    is_gathering_ = true;
    delayed_send(this, context_->options.writer.gather_time, msg::poll{});
  }
}

void writer_actor::finish_release() {
  if (!released_ || !core_.is_idle()) return;
  (*std::exchange(released_, nullptr))();
}

}  // namespace parley
