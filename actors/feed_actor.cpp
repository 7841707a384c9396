#include "actors/feed_actor.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {

feed_actor::feed_actor(caf::actor_config& config, context_ptr context, room_ref room, caf::actor feeds,
                       caf::actor router)
    : event_based_actor(config),
      context_(std::move(context)),
      room_(std::move(room)),
      core_(room_->key, context_->clock->boot_now(), context_->options.feed),
      feeds_(std::move(feeds)),
      router_(std::move(router)) {}

caf::behavior feed_actor::make_behavior() {
  return {
      [this](msg::attach& m) {
        ++attaches_;
        perform(core_.attach(ticket_for(m.generation, true, std::move(m.connection)), m.thread,
                             context_->clock->boot_now()));
      },
      [this](const msg::detach& m) {
        perform(core_.detach(m.thread));
        if (!core_.has_subscribers()) caf::anon_send(feeds_, msg::feed_idle{room_->key, attaches_});
      },
      [this](msg::fetch& m) {
        perform(core_.fetch(ticket_for(m.generation, false, std::move(m.connection)), m.after, m.limit,
                            context_->clock->boot_now(), m.held));
      },
      [this](const msg::envelope& m) { perform(core_.arrived(m.what, context_->clock->boot_now())); },
      [this](const msg::room_subscribed&) { perform(core_.subscribed(context_->clock->boot_now())); },
      [this](const msg::link_lost&) { perform(core_.link_lost(context_->clock->boot_now())); },
      [this](const msg::head_seen& m) { perform(core_.head_seen(m.head, m.mark, context_->clock->boot_now())); },
      [this](const msg::head_proven&) {
        if (const auto head = core_.head_proven()) context_->front->say_head(core_.threads(), room_, *head);
      },
      [this](const msg::head_word& m) {
        if (m.head) {
          perform(core_.head_answered(m.q, *m.head, std::nullopt, context_->clock->boot_now()));
        } else {
          read_head(m.q);
        }
      },
      [this](const msg::head_read& m) {
        if (m.heads.has_error()) {
          perform(core_.head_answered(m.q, m.heads.error(), std::nullopt, context_->clock->boot_now()));
        } else {
          perform(core_.head_answered(m.q, m.heads->front().head, m.heads->front().mark, context_->clock->boot_now()));
        }
      },
      [this](msg::newest_read& m) {
        perform(core_.newest_answered(m.q, std::move(m.page), context_->clock->boot_now()));
      },
      [this](msg::range_read& m) {
        perform(core_.range_answered(m.q, std::move(m.page), context_->clock->boot_now()));
      },
      [this](const msg::tick&) {
        wants_tick_ = false;
        perform(core_.tick(context_->clock->boot_now()));
      },
  };
}

void feed_actor::on_exit() {
  feeds_ = nullptr;
  router_ = nullptr;
  askers_.clear();
}

feed_ticket feed_actor::ticket_for(parley::generation gen, bool is_attach, caf::actor connection) {
  const feed_ticket made{++last_ticket_};
  askers_.emplace(made, asker{gen, is_attach, std::move(connection)});
  return made;
}

feed_actor::asker feed_actor::take(feed_ticket asked) {
  auto node = askers_.extract(asked);
  return node.empty() ? asker{} : std::move(node.mapped());
}

void feed_actor::perform(feed::effects effects) {
  for (auto& effect : effects) {
    std::visit([this](auto& e) { perform_one(e); }, effect);
  }
  if (!wants_tick_ && core_.needs_tick()) {
    wants_tick_ = true;
    caf::anon_send(feeds_, msg::wants_tick{room_->key});
  }
}

void feed_actor::perform_one(feed::ask_head& e) {
  if (e.from_storage) {
    read_head(e.q);
  } else {
    caf::anon_send(router_, msg::head_question{room_, e.q, caf::actor_cast<caf::actor>(this)});
  }
}

void feed_actor::read_head(question q) {
  context_->log_of(room_->shard).heads({room_}, [self = caf::actor_cast<caf::actor>(this), q](auto heads) {
    caf::anon_send(self, msg::head_read{q, std::move(heads)});
  });
}

void feed_actor::perform_one(feed::ask_newest& e) {
  context_->reads_of(room_->shard)
      .history({room_, history_query::side::newest, {}, e.limit, false},
               [self = caf::actor_cast<caf::actor>(this), q = e.q](auto page) {
                 caf::anon_send(self, msg::newest_read{q, std::move(page)});
               });
}

void feed_actor::perform_one(feed::ask_range& e) {
  context_->reads_of(room_->shard)
      .range({room_, e.after, e.limit}, [self = caf::actor_cast<caf::actor>(this), q = e.q](auto page) {
        caf::anon_send(self, msg::range_read{q, std::move(page)});
      });
}

void feed_actor::perform_one(feed::open_thread& e) { context_->front->open(e.thread, room_, e.at); }

void feed_actor::perform_one(feed::close_thread& e) { context_->front->close(e.thread, room_); }

void feed_actor::perform_one(feed::deliver& e) {
  context_->front->deliver(core_.threads(), room_, e.before, std::move(e.events));
}

void feed_actor::perform_one(feed::reset_threads& e) {
  context_->log->write(log_level::warn, "feed.tail_lost", {{"room_key", room_->key.hex()}});
  context_->front->reset(core_.threads(), room_, e.at);
}

void feed_actor::perform_one(feed::attached& e) {
  auto to = take(e.ticket);
  caf::anon_send(to.connection,
                 msg::feed_attached{room_->key, to.generation, std::move(e.view), caf::actor_cast<caf::actor>(this)});
}

void feed_actor::perform_one(feed::fetched& e) {
  auto to = take(e.ticket);
  caf::anon_send(to.connection,
                 msg::feed_fetched{room_->key, to.generation, std::make_shared<range_page>(std::move(e.page))});
}

void feed_actor::perform_one(feed::failed& e) {
  auto to = take(e.ticket);
  caf::anon_send(to.connection, msg::feed_failed{room_->key, to.generation, to.is_attach, std::move(e.why),
                                                 caf::actor_cast<caf::actor>(this)});
}

void feed_actor::perform_one(feed::marked& e) { caf::anon_send(feeds_, msg::feed_marked{room_, e.mark}); }

void feed_actor::perform_one(feed::hole_filled& e) { context_->probe->hole_filled(e.events); }

void feed_actor::perform_one(feed::broken& e) {
  context_->probe->log_broken();
  context_->log->write(log_level::error, "log.broken",
                       {{"room_key", room_->key.hex()},
                        {"after", std::to_string(e.at.seq.value)},
                        {"head", std::to_string(e.head.head.seq.value)}});
}

}  // namespace parley
