#include "tests/simulation/front_model.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>

namespace parley::simulation {

struct front_model::frame {
  room_ref room;
  position before_;
  event_list events;
  position before() const { return before_; }
  position last() const { return events.back()->at_position(); }
  std::size_t size_bytes() const { return events.size() * 100; }
  bool holds(position p) const {
    return std::ranges::any_of(events, [&](const auto& e) { return e->at_position() == p; });
  }
};

struct front_model::thread {
  explicit thread(live_ring_options ring) : table(ring) {}
  live_table<std::uint64_t, frame_ptr> table;
  std::deque<task> queue;
  instant last{};
};

struct front_model::sink {
  front_model& front;

  std::shared_ptr<session> find(std::uint64_t id) {
    auto found = front.sessions_.find(id);
    return found == front.sessions_.end() ? nullptr : found->second.lock();
  }
  bool write(std::uint64_t id, const frame_ptr& f) {
    auto s = find(id);
    return s && s->write_live(f->room, f->before(), f->events);
  }
  bool write_after(std::uint64_t id, const frame_ptr& f, position at) {
    auto s = find(id);
    const auto skip = std::ranges::find_if(f->events, [&](const auto& e) { return e->seq > at.seq; });
    return s && s->write_live(f->room, at, {skip, f->events.end()});
  }
  void live(std::uint64_t id, const room_key& room, generation gen, position at) {
    auto s = find(id);
    if (!s) return;
    const auto& name = s->rows_.at(room).first->room;
    s->push({{0, push::live{name, at}}, nullptr, {}});
    if (s->conversation_) s->conversation_->row_live(room, gen, at);
  }
  void behind(std::uint64_t id, const room_key& room, generation gen, position at, bool was_live) {
    auto s = find(id);
    if (!s) return;
    if (was_live) ++front.tally_.fell_out;
    if (auto row = s->rows_.find(room); row != s->rows_.end()) s->pin(row->second.first);
    if (s->conversation_) s->conversation_->row_behind(room, gen, at, was_live);
  }
};

front_model::front_model(agenda& time, network& net, host_ptr node, std::size_t outbox_max)
    : time_(time), net_(net), node_(std::move(node)), outbox_max_(outbox_max) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.push_back(std::make_unique<thread>(live_ring_options{1 + time_.below(32), 256 * 1024}));
}
front_model::~front_model() = default;

/// A thread does what was posted in its order, some time later.
void front_model::post(thread_index where, task what) {
  if (is_dead_) return;
  auto& t = *threads_[where.value];
  t.queue.push_back(std::move(what));
  t.last = std::max(t.last, time_.now() + time_.up_to(nanoseconds{200'000}));
  node_->after(t.last - time_.now(), [this, where] {
    if (is_dead_) return;
    auto& queue = threads_[where.value]->queue;
    auto next = std::move(queue.front());
    queue.pop_front();
    next();
  });
}

void front_model::die() {
  is_dead_ = true;
  for (auto& [id, weak] : std::exchange(sessions_, {})) {
    auto s = weak.lock();
    if (!s) continue;
    s->client_->cut();
    s->is_ended_ = true;
    s->conversation_ = nullptr;
  }
  for (auto& t : threads_) t->queue.clear();
}

std::shared_ptr<front_model::session> front_model::accept(host_ptr client, std::weak_ptr<session_peer> peer,
                                                          std::size_t window) {
  if (is_dead_ || reception_ == nullptr || !node_->is_running()) return nullptr;
  const session_id id{++last_session_};
  const thread_index where{static_cast<std::uint32_t>(time_.below(threads))};
  auto line = std::make_shared<wire>(time_, net_, std::move(client), node_);
  auto made = std::make_shared<session>(*this, id, where, line, peer, window);
  made->conversation_ = reception_->open(made, "default");
  if (!made->conversation_) return nullptr;
  sessions_.emplace(id.value, made);
  line->on_lost_near([peer] {
    if (auto p = peer.lock()) p->closed();
  });
  line->on_lost_far([weak = std::weak_ptr(made)] {
    if (auto s = weak.lock()) s->post([](session& mine) { mine.ended(); });
  });
  return made;
}

void front_model::open(thread_index where, room_ref room, position at) {
  post(where, [this, where, room, at] { threads_[where.value]->table.open(room->key, at); });
}
void front_model::deliver(std::span<const thread_index> where, room_ref room, position before, event_list events) {
  const auto f = std::make_shared<const frame>(frame{room, before, std::move(events)});
  for (const auto t : where) {
    post(t, [this, t, f] {
      sink s{*this};
      threads_[t.value]->table.deliver(f->room->key, f, s);
    });
  }
}
void front_model::say_head(std::span<const thread_index> where, room_ref room, position at) {
  for (const auto t : where) {
    post(t, [this, t, room, at] {
      sink s{*this};
      threads_[t.value]->table.at_head(room->key, at, [&](std::uint64_t id) {
        if (auto reader = s.find(id); reader && reader->outbox_.empty())
          reader->push({{0, push::head{room->room, at}}, nullptr, {}});
      });
    });
  }
}
void front_model::reset(std::span<const thread_index> where, room_ref room, position at) {
  for (const auto t : where) {
    post(t, [this, t, room, at] {
      sink s{*this};
      threads_[t.value]->table.reset(room->key, at, s);
    });
  }
}
void front_model::close(thread_index where, room_ref room) {
  post(where, [this, where, room] {
    sink s{*this};
    threads_[where.value]->table.close(room->key, s);
  });
}

// ---- a session -------------------------------------------------------------------------------------------------

front_model::session::session(front_model& front, session_id id, thread_index thread, wire_ptr client,
                              std::weak_ptr<session_peer> peer, std::size_t window)
    : front_(front), id_(id), thread_(thread), client_(std::move(client)), peer_(std::move(peer)), window_(window) {}

void front_model::session::post(std::function<void(session&)> what) {
  if (is_ended_) return;
  front_.post(thread_, [weak = weak_from_this(), what = std::move(what)] {
    if (auto s = weak.lock(); s && !s->is_ended_) what(*s);
  });
}

void front_model::session::asked(const client_request& what) {
  if (const auto* p = std::get_if<request::publish>(&what.body))
    writes_.push_back({what.id, p->room, front_.time_.now()});
}

/// The connection says how a publish ended. After a failure nothing of the room that was already behind it may be
/// stored, or the client's repeat would overtake it. What came since the actors were last idle may not have been behind
/// it yet.
void front_model::session::answers(const server_message& message) {
  const auto mine = std::ranges::find(writes_, message.id, &write::id);
  if (mine == writes_.end()) return;
  if (const auto* ok = std::get_if<reply::published>(&message.body)) {
    if (mine->is_behind_failure && !ok->duplicate && front_.alarms_)
      front_.alarms_->write(log_level::error, "a write behind a failed one was stored", {});
  } else if (const auto* failed = std::get_if<reply::failed>(&message.body);
             failed &&
             (failed->why.code == refusal_code::unavailable || failed->why.code == refusal_code::outcome_unknown)) {
    for (auto behind = std::next(mine); behind != writes_.end(); ++behind) {
      if (behind->room == mine->room && front_.node_->idle_at() > behind->arrived) behind->is_behind_failure = true;
    }
  }
  writes_.erase(mine);
}

void front_model::session::send(server_message message) {
  answers(message);
  post([message = std::move(message)](session& s) { s.push({message, nullptr, {}}); });
}

void front_model::session::notify_drained(std::uint32_t token) {
  post([token](session& s) {
    s.tokens_.push_back({token, s.queued_total_});
    s.flush();
  });
}

void front_model::session::go_live(room_ref room, parley::generation gen, position at) {
  post([room, gen, at](session& s) {
    s.rows_.insert_or_assign(room->key, std::pair{room, gen});
    sink to{s.front_};
    s.front_.threads_[s.thread_.value]->table.go_live(s.id_.value, room->key, gen, at, to);
  });
}

void front_model::session::leave_live(room_ref room, parley::generation gen) {
  post([room, gen](session& s) {
    if (!s.front_.threads_[s.thread_.value]->table.leave(s.id_.value, room->key, gen)) return;
    // Nothing of the room is written afterwards.
    std::erase_if(s.outbox_, [&](const entry& e) {
      const bool is_its = e.live_room && e.live_room->key == room->key;
      if (is_its) ++s.given_total_;
      return is_its;
    });
    s.rows_.erase(room->key);
  });
}

void front_model::session::close(close_code, std::string) {
  post([](session& s) {
    s.is_closing_ = true;
    s.flush();
  });
}

void front_model::session::push(entry e) {
  outbox_.push_back(std::move(e));
  ++queued_total_;
  flush();
}

bool front_model::session::write_live(const room_ref& room, position before, const event_list& events) {
  const auto waiting =
      static_cast<std::size_t>(std::ranges::count_if(outbox_, [](const entry& e) { return e.live_room != nullptr; }));
  if (waiting > 0 && waiting >= front_.outbox_max_) {
    if (is_on(mutant::slow_reader_drops_silently)) return true;
    overflow(room, before);
    return false;
  }
  push({{0, push::batch{room->room, before.seq, push::phase::live, events}}, room, before});
  return true;
}

/// Live batches not yet given to the socket are dropped; each room's row goes back to the last one given (G9).
void front_model::session::overflow(const room_ref& room, position at) {
  ++front_.tally_.overflows;
  std::map<room_key, position> fallen{{room->key, at}};
  for (auto e = outbox_.rbegin(); e != outbox_.rend(); ++e) {
    if (e->live_room) fallen.insert_or_assign(e->live_room->key, e->before);
  }
  std::erase_if(outbox_, [&](const entry& e) {
    if (e.live_room) ++given_total_;
    return e.live_room != nullptr;
  });
  auto& table = front_.threads_[thread_.value]->table;
  for (const auto& [key, back_to] : fallen) {
    const auto row = rows_.find(key);
    if (row == rows_.end()) continue;
    // The room that overflowed is taken out by the table itself.
    if (key != room->key && !table.leave(id_.value, key, row->second.second)) continue;
    conversation_->row_behind(key, row->second.second, back_to, true);
  }
  flush();
}

void front_model::session::pin(const room_ref& room) {
  for (auto& e : outbox_) {
    if (e.live_room && e.live_room->key == room->key) e.live_room = nullptr;
  }
}

void front_model::session::flush() {
  while (!outbox_.empty() && unread_ < window_) {
    client_->to_near([peer = peer_, message = std::move(outbox_.front().message)] {
      if (auto p = peer.lock()) p->told(message);
    });
    outbox_.pop_front();
    ++unread_;
    ++given_total_;
  }
  while (!tokens_.empty() && tokens_.front().second <= given_total_) {
    if (conversation_) conversation_->drained(tokens_.front().first);
    tokens_.pop_front();
  }
  if (is_closing_ && outbox_.empty() && client_->is_open()) {
    client_->close_far();
    ended();
  }
}

void front_model::session::ended() {
  if (std::exchange(is_ended_, true)) return;
  auto& table = front_.threads_[thread_.value]->table;
  for (const auto& [key, row] : rows_) table.leave(id_.value, key, row.second);
  rows_.clear();
  outbox_.clear();
  if (conversation_) conversation_->closed();
  conversation_ = nullptr;
  front_.sessions_.erase(id_.value);
}

void front_model::session::request(client_request what) {
  client_->to_far([weak = weak_from_this(), what = std::move(what)] {
    auto s = weak.lock();
    if (!s) return;
    s->post([what](session& mine) {
      if (!mine.conversation_) return;
      mine.asked(what);
      mine.conversation_->requested(what);
    });
  });
}

void front_model::session::read_one() {
  client_->to_far([weak = weak_from_this()] {
    auto s = weak.lock();
    if (!s) return;
    s->post([](session& mine) {
      --mine.unread_;
      mine.flush();
    });
  });
}

void front_model::session::hang_up() { client_->close_near(); }

}  // namespace parley::simulation
