#include "tests/core/stream_world.hpp"

#include <utility>

namespace parley::testing {
namespace {

template <class... F>
struct overload : F... {
  using F::operator()...;
};
template <class... F>
overload(F...) -> overload<F...>;

}  // namespace

/// What a thread's front does with its live table's word.
struct stream_world::sink {
  stream_world& world;

  bool write(std::uint64_t id, const frame_ptr& f) { return world.write_live(id, f->before(), f->events); }
  bool write_after(std::uint64_t id, const frame_ptr& f, position at) {
    event_list rest;
    for (const auto& e : f->events) {
      if (e->seq > at.seq) rest.push_back(e);
    }
    return world.write_live(id, at, std::move(rest));
  }
  void live(std::uint64_t id, const room_key&, generation gen, position at) {
    auto& s = world.sessions_.at(id);
    s.live_gen = gen;
    world.show(s, gen, push::live{"general", at});
    world.send(s.to_connection, milliseconds{world.post_delay_ms_}, [this_world = &world, id, gen, at] {
      auto& told = this_world->sessions_.at(id);
      if (told.gen == gen && told.merge) this_world->perform(told, told.merge->row_live(at));
    });
  }
  void behind(std::uint64_t id, const room_key&, generation gen, position at, bool was_live) {
    world.tell_behind(id, gen, at, was_live);
  }
};

// ---- the feed's effects ------------------------------------------------------------------------------------------

void stream_world::perform(feed::effects effects) {
  const auto life = feed_life_;
  const auto to_thread = [this](thread_index t, std::function<void(table&)> what) {
    send(feed_to_thread_[t], milliseconds{post_delay_ms_}, [this, t, what = std::move(what)] { what(tables_.at(t)); });
  };
  const auto key = log_.room()->key;
  for (auto& effect : effects) {
    std::visit(
        overload{
            [&](const feed::ask_head& ask) {
              const bool is_marked = ask.from_storage || chance(30);
              read_storage(
                  [this] {
                    return marked_head{log_.head(), log_.mark()};
                  },
                  [this, q = ask.q, life, is_marked](const result<marked_head>& seen) {
                    if (life != feed_life_) return;
                    if (seen.has_error()) return perform(feed_->head_answered(q, seen.error(), std::nullopt, now_));
                    const auto mark = is_marked ? std::optional{seen->mark} : std::nullopt;
                    perform(feed_->head_answered(q, seen->head, mark, now_));
                  });
            },
            [&](const feed::ask_newest& ask) {
              read_storage([this, limit = ask.limit] { return log_.newest(limit); },
                           [this, q = ask.q, life](const result<history_page>& page) {
                             if (life == feed_life_) perform(feed_->newest_answered(q, page, now_));
                           });
            },
            [&](const feed::ask_range& ask) {
              const auto limit = has_short_pages_ ? 1 + below(ask.limit) : ask.limit;
              read_storage([this, from = ask.after, limit] { return log_.range(from, limit); },
                           [this, q = ask.q, life](const result<range_page>& page) {
                             if (life == feed_life_) perform(feed_->range_answered(q, page, now_));
                           });
            },
            [&](const feed::open_thread& open) {
              to_thread(open.thread, [key, at = open.at](table& t) { t.open(key, at); });
            },
            [&](const feed::close_thread& close) {
              to_thread(close.thread, [this, key](table& t) {
                sink s{*this};
                t.close(key, s);
              });
            },
            [&](const feed::deliver& d) {
              auto f = std::make_shared<const frame>(frame{d.before, d.events});
              for (const auto thread : feed_->threads()) {
                to_thread(thread, [this, key, f](table& t) {
                  sink s{*this};
                  t.deliver(key, f, s);
                });
              }
            },
            [&](const feed::reset_threads& reset) {
              ++tally_.feed_restarts;
              for (const auto thread : feed_->threads()) {
                to_thread(thread, [this, key, at = reset.at](table& t) {
                  sink s{*this};
                  t.reset(key, at, s);
                });
              }
            },
            [&](const feed::attached& a) {
              answer(a.ticket, [view = a.view](join_merge& m) { return m.attached(view); });
            },
            [&](const feed::fetched& f) {
              answer(f.ticket, [page = f.page](join_merge& m) { return m.fetched(page); });
            },
            [&](const feed::failed& f) { answer(f.ticket, [why = f.why](join_merge& m) { return m.failed(why); }); },
            [&](const feed::marked& m) { watch_.head_read(log_.room(), m.mark); },
            [&](const feed::hole_filled& h) { tally_.holes_filled += h.events > 0 ? 1 : 0; },
            [&](const feed::broken&) { violation_ = "the feed calls a whole log broken"; },
        },
        effect);
  }
}

void stream_world::answer(feed_ticket ticket, std::function<join_merge::effects(join_merge&)> tell) {
  auto found = tickets_.find(ticket);
  if (found == tickets_.end()) {
    violation_ = "a second answer to one question";
    return;
  }
  const auto who = found->second;
  tickets_.erase(found);
  auto& s = sessions_.at(who.session);
  send(s.from_feed, milliseconds{post_delay_ms_}, [this, who, tell = std::move(tell)] {
    auto& asker = sessions_.at(who.session);
    if (asker.gen == who.gen && asker.merge) perform(asker, tell(*asker.merge));
  });
}

// ---- sessions ----------------------------------------------------------------------------------------------------

void stream_world::add_session() {
  const auto id = sessions_.size() + 1;
  auto& s = sessions_[id];
  s.id = id;
  s.thread = thread_index{static_cast<std::uint32_t>(below(2))};
  s.reader = std::make_unique<stream_reader>(log_);
  join(s);
}

void stream_world::join(session& s) {
  leave(s);
  request::join_options options;
  const auto head = log_.head().head.seq.value;
  const auto dice = below(100);
  if (dice < 35) {
    options.rewind = static_cast<std::uint32_t>(below(60));
  } else if (dice < 60 && s.reader->last().seq.value > 0) {
    options.since = s.reader->last();  // a resume
  } else if (dice < 80) {
    const auto from = log_.position_of(seq{below(head + 1)});
    options.since = chance(85) ? from : at(from.term.value + below(3), from.seq.value + below(4));
  }
  if (chance(30)) options.gap = request::on_gap::jump;
  options.max = static_cast<std::uint32_t>(1 + below(30));
  ++tally_.joins;
  s.gen = generation{s.gen.value + 1};
  s.is_member = true;
  s.reader->joining(s.gen, options.since);
  s.merge = std::make_unique<join_merge>("general", options, merge_options_);
  perform(s, s.merge->start());
}

void stream_world::leave(session& s) {
  if (!s.is_member) return;
  s.is_member = false;
  const auto gen = s.gen;
  perform(s, s.merge->leave());
  s.merge.reset();
  s.gen = generation{s.gen.value + 1};
  send(s.to_thread, milliseconds{post_delay_ms_}, [this, id = s.id, gen] {
    auto& mine = sessions_.at(id);
    tables_.at(mine.thread).leave(id, log_.room()->key, gen);
    show(mine, gen, left_push{});
  });
}

void stream_world::perform(session& s, join_merge::effects effects) {
  const auto id = s.id;
  const auto gen = s.gen;
  const auto delay = milliseconds{post_delay_ms_};
  const auto ask_feed = [&](std::function<feed::effects(feed&, feed_ticket)> ask) {
    const feed_ticket ticket{++last_ticket_};
    tickets_.emplace(ticket, asked{id, gen});
    send(s.to_feed, delay, [this, ask = std::move(ask), ticket] {
      if (!feed_) open_feed();
      perform(ask(*feed_, ticket));
    });
  };
  const auto to_thread = [&](shown what) {
    send(s.to_thread, delay, [this, id, gen, what = std::move(what)] { show(sessions_.at(id), gen, what); });
  };
  for (auto& effect : effects) {
    std::visit(
        overload{
            [&](const join_merge::attach&) {
              ask_feed([this, thread = s.thread](feed& f, feed_ticket t) { return f.attach(t, thread, now_); });
            },
            [&](const join_merge::detach&) {
              send(s.to_feed, delay, [this, thread = s.thread] {
                if (feed_) perform(feed_->detach(thread));
              });
            },
            [&](const join_merge::fetch& f) {
              ask_feed([this, f](feed& from, feed_ticket t) { return from.fetch(t, f.after, f.limit, now_, f.held); });
            },
            [&](const join_merge::joined& j) { to_thread(joined_push{j.what}); },
            [&](const join_merge::refused&) {
              s.is_member = false;
              to_thread(refused_push{});
            },
            [&](const join_merge::send& sent) { std::visit([&](const auto& what) { to_thread(what); }, sent.what); },
            [&](const join_merge::await_drained&) { to_thread(drained_mark{}); },
            [&](const join_merge::go_live& live) {
              send(s.to_thread, delay, [this, id, gen, at = live.at] {
                sink to{*this};
                tables_.at(sessions_.at(id).thread).go_live(id, log_.room()->key, gen, at, to);
              });
            },
            [&](const join_merge::broken&) { s.reader->fail("the merge calls a whole log broken"); },
        },
        effect);
  }
}

void stream_world::show(session& s, generation gen, shown what) {
  s.outbox.push_back({std::move(what), gen, std::nullopt});
  if (!std::exchange(s.is_reading, true)) after(s.read_delay, [this, id = s.id] { read_one(sessions_.at(id)); });
}

void stream_world::read_one(session& s) {
  if (s.outbox.empty()) {  // what it was to read was dropped
    s.is_reading = false;
    return;
  }
  auto item = std::move(s.outbox.front());
  s.outbox.pop_front();
  s.is_reading = !s.outbox.empty();
  if (s.is_reading) after(s.read_delay, [this, id = s.id] { read_one(sessions_.at(id)); });
  auto& r = *s.reader;
  std::visit(overload{[&](const joined_push& j) { r.joined(item.gen, j.what); },
                      [&](const left_push&) { r.left(item.gen); }, [&](const refused_push&) { r.refused(item.gen); },
                      [&](const drained_mark&) {
                        send(s.to_connection, milliseconds{post_delay_ms_}, [this, id = s.id, gen = item.gen] {
                          auto& told = sessions_.at(id);
                          if (told.gen == gen && told.merge) perform(told, told.merge->drained());
                        });
                      },
                      [&](const auto& pushed) {
                        ++tally_.batches;
                        r.got(pushed);
                      }},
             item.what);
}

/// A full outbox drops the live batches that the socket was not given, and the row goes back to the last one given.
bool stream_world::write_live(std::uint64_t id, position before, event_list events) {
  auto& s = sessions_.at(id);
  if (s.outbox.size() < s.outbox_max) {
    show(s, s.live_gen, push::batch{"general", before.seq, push::phase::live, std::move(events)});
    s.outbox.back().before = before;
    return true;
  }
  ++tally_.overflows;
  auto at = before;
  while (!s.outbox.empty() && s.outbox.back().before && s.outbox.back().gen == s.live_gen) {
    at = *s.outbox.back().before;
    s.outbox.pop_back();
  }
  tell_behind(id, s.live_gen, at, true);
  return false;
}

void stream_world::tell_behind(std::uint64_t id, generation gen, position at, bool was_live) {
  auto& s = sessions_.at(id);
  send(s.to_connection, milliseconds{post_delay_ms_}, [this, id, gen, at, was_live] {
    auto& told = sessions_.at(id);
    if (told.gen == gen && told.merge) perform(told, told.merge->row_behind(at, was_live));
  });
}

}  // namespace parley::testing
