#include "tests/simulation/client_model.hpp"

#include "actors/core/overload.hpp"

#include <algorithm>
#include <cstring>

namespace parley::simulation {
namespace {

checker::gap_reason said(push::gap_reason r) {
  switch (r) {
    case push::gap_reason::retention: return checker::gap_reason::retention;
    case push::gap_reason::jump: return checker::gap_reason::jump;
    case push::gap_reason::reset: return checker::gap_reason::reset;
  }
  return checker::gap_reason::other;
}

}  // namespace

std::uint64_t content_of(const std::string& sender, const std::string& key, const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const auto* part : {&sender, &key, &text}) {
    for (const unsigned char c : *part) hash = (hash ^ c) * 0x100000001b3ULL;
    hash = (hash ^ 0xff) * 0x100000001b3ULL;
  }
  return hash;
}

client_model::client_model(agenda& time, checker::history& history, address where, std::string user,
                           client_options options, dial connect)
    : time_(time),
      history_(history),
      host_(std::make_shared<host>(time, where)),
      user_(std::move(user)),
      options_(std::move(options)),
      dial_(std::move(connect)) {
  for (const auto& room : options_.rooms) rooms_[room].id = history_.room(room);
}

void client_model::start() {
  connect_later();
  write_some();
}

// ---- the connection --------------------------------------------------------------------------------------------

void client_model::connect_later() {
  host_->after(time_.between(milliseconds{1}, milliseconds{300}), [this, life = life_] {
    if (life == life_ && !session_) connect();
  });
}

void client_model::connect() {
  ++life_;
  session_ = dial_(host_, weak_from_this(), options_.window);
  if (!session_) return connect_later();
  ++tally_.connections;
  session_name_ = history_.name(user_ + "#" + std::to_string(tally_.connections));
  session_->request({++last_id_, request::connect{user_, {}}});
  for (auto& [name, room] : rooms_) {
    join(name, room);
    // What was in doubt goes first, in its order.
    for (auto& m : room.messages) {
      if (m.now == message::fate::sent) m.now = message::fate::failed;
    }
    room.has_failed =
        std::ranges::any_of(room.messages, [](const auto& one) { return one.now == message::fate::failed; });
    room.outstanding = 0;
    send_next(name, room);
  }
}

void client_model::drop() {
  if (session_) session_->cut();
}

/// This node does not own the room, and nodes do not pass publishes on yet: perhaps another one does.
void client_model::move_on() {
  session_->hang_up();
  closed();
}

void client_model::closed() {
  ++life_;
  refused_in_a_row_ = 0;
  session_ = nullptr;
  inbox_.clear();
  for (auto& [id, write] : writes_) {
    ++tally_.opens;
    history_.add_open(ns(), write.attempt, history_.name("closed"));
  }
  writes_.clear();
  joins_.clear();
  leaves_.clear();
  for (auto& [name, room] : rooms_) {
    if (room.stream != checker::stream_id::none) history_.add_cut(ns(), room.stream);
    room.stream = checker::stream_id::none;
    room.is_joined = room.is_asked = room.is_leaving = false;
  }
  connect_later();
}

void client_model::told(const server_message& what) {
  inbox_.push_back(what);
  if (!is_reading_) read_next();
}

/// One message after the other; a slow reader takes its time for each.
void client_model::read_next() {
  is_reading_ = true;
  while (!inbox_.empty()) {
    const auto next = std::move(inbox_.front());
    inbox_.pop_front();
    if (session_) session_->read_one();
    handle(next);
    if (options_.read_delay > nanoseconds{0}) {
      return host_->after(time_.up_to(options_.read_delay), [this] { read_next(); });
    }
  }
  is_reading_ = false;
}

// ---- writing ---------------------------------------------------------------------------------------------------

void client_model::write_some() {
  if (made_ < options_.messages) {
    auto& [name, room] = *std::next(rooms_.begin(), static_cast<std::ptrdiff_t>(time_.below(rooms_.size())));
    const auto burst = 1 + time_.below(3);
    for (std::size_t i = 0; i < burst; ++i) add_message(name, room);
    send_next(name, room);
  }
  for (auto& [name, room] : rooms_) {
    if (!session_ || !room.is_joined || room.is_leaving || !time_.chance(options_.leave_percent)) continue;
    room.is_leaving = true;
    leaves_.emplace(++last_id_, name);
    session_->request({last_id_, request::leave{name}});
  }
  host_->after(time_.up_to(options_.write_pause * 2), [this] { write_some(); });
}

void client_model::publish_last(const std::string& room) {
  auto* r = room_of(room);
  if (r == nullptr) return;
  add_message(room, *r);
  send_next(room, *r);
}

void client_model::add_message(const std::string&, room_state& r) {
  auto d = std::make_shared<draft>();
  d->sender = user_;
  d->client_msg_id = user_ + "-" + std::to_string(++made_);
  d->body.text = "text " + std::to_string(made_);
  const auto content = content_of(user_, d->client_msg_id, d->body.text);
  std::memcpy(d->digest.data(), &content, sizeof content);
  r.messages.push_back({std::move(d), content});
}

void client_model::send_next(const std::string& name, room_state& r) {
  if (!session_) return;
  if (r.has_failed && r.outstanding > 0) return;  // those behind the failed one fail too: then all again, in order
  r.has_failed = false;
  for (std::size_t i = 0; i < r.messages.size() && r.outstanding < options_.pipeline; ++i) {
    auto& m = r.messages[i];
    if (m.now == message::fate::waiting || m.now == message::fate::failed) send(name, r, i);
  }
}

void client_model::send(const std::string& name, room_state& r, std::size_t index) {
  auto& m = r.messages[index];
  const bool is_repeat = m.now == message::fate::done;
  if (!is_repeat) m.now = message::fate::sent;
  ++r.outstanding;
  checker::publish_asked asked;
  asked.room = r.id;
  asked.session = session_name_;
  asked.sender = history_.name(user_);
  asked.key = history_.key(r.id, asked.sender, m.what->client_msg_id);
  asked.content = m.content;
  const auto attempt = history_.add_publish(ns(), asked);
  writes_.emplace(++last_id_, sent_write{name, index, attempt});
  session_->request({last_id_, request::publish{name, *m.what}});
}

void client_model::answered(std::uint32_t id, const reply::published* ok, const refusal* why) {
  auto node = writes_.extract(id);
  if (node.empty()) return;
  const auto& write = node.mapped();
  auto& r = rooms_.at(write.room);
  auto& m = r.messages[write.index];
  if (r.outstanding > 0) --r.outstanding;
  if (ok != nullptr) {
    ++tally_.acks;
    if (ok->duplicate) ++tally_.duplicates;
    history_.add_ack(ns(), write.attempt, said(ok->at_position), ok->duplicate);
    m.now = message::fate::done;
    refused_in_a_row_ = 0;
    if (time_.chance(options_.repeat_percent)) send(write.room, r, write.index);
  } else {
    const bool is_open = why->code == refusal_code::outcome_unknown;
    ++(is_open ? tally_.opens : tally_.refusals);
    const auto name = history_.name(is_open ? "outcome_unknown" : "unavailable");
    if (is_open) {
      history_.add_open(ns(), write.attempt, name);
    } else {
      history_.add_refusal(ns(), write.attempt, name);
    }
    if (m.now == message::fate::sent) m.now = message::fate::failed;
    r.has_failed = true;
    if (++refused_in_a_row_ >= 3 * options_.pipeline) return move_on();
  }
  if (!r.has_failed) return send_next(write.room, r);
  if (r.outstanding == 0) {
    host_->after(time_.between(milliseconds{5}, milliseconds{200}), [this, name = write.room, life = life_] {
      if (life == life_) send_next(name, rooms_.at(name));
    });
  }
}

bool client_model::is_done() const {
  return session_ && std::ranges::all_of(rooms_, [](const auto& item) {
           const auto& r = item.second;
           return r.is_joined && r.outstanding == 0 &&
                  std::ranges::all_of(r.messages, [](const auto& one) { return one.now == message::fate::done; });
         });
}

// ---- reading ---------------------------------------------------------------------------------------------------

void client_model::join(const std::string& name, room_state& r) {
  request::join_options how;
  checker::join_asked asked;
  if (r.at && !time_.chance(10)) {
    how.since = r.at;
    asked.since = said(*r.at);
    if (time_.chance(15)) {
      how.gap = request::on_gap::jump;
      how.max = 1 + static_cast<std::uint32_t>(time_.below(10));
      asked.on_gap = checker::gap_wish::jump;
    }
    ++tally_.resumes;
  } else {
    how.rewind = static_cast<std::uint32_t>(time_.below(30));
    asked.rewind = *how.rewind;
  }
  asked.max = how.max;
  asked.room = r.id;
  asked.reader = history_.name(user_);
  r.stream = history_.add_join(ns(), asked);
  r.is_asked = true;
  ++tally_.joins;
  joins_.emplace(++last_id_, name);
  session_->request({last_id_, request::join{name, how}});
}

void client_model::joined(const std::string& name, const reply::joined& j) {
  auto& r = rooms_.at(name);
  history_.add_joined(ns(), r.stream, said(j.head), said(j.start), j.recovered);
  r.is_asked = false;
  r.is_joined = true;
  r.has_caught_up = false;
  r.at = j.start;
}

void client_model::got(const push::batch& b) {
  auto* r = room_of(b.room);
  if (r == nullptr || r->stream == checker::stream_id::none) return;
  std::vector<checker::event> events;
  for (const auto& e : b.events) {
    checker::event shown;
    shown.seq = e->seq.value;
    shown.term = e->term.value;
    shown.content = content_of(e->sender, e->client_msg_id, e->body.text);
    events.push_back(shown);
    r->at = e->at_position();
  }
  history_.add_batch(ns(), r->stream, b.before.value,
                     b.phase == push::phase::live ? checker::stream_phase::live : checker::stream_phase::history,
                     events);
}

/// A head tells a reader that it has all there is: it names the very position that this stream has reached.
void client_model::told_head(const push::head& h) {
  auto* r = room_of(h.room);
  const bool is_true = r != nullptr && r->stream != checker::stream_id::none && r->at == h.at;
  if (is_true) {
    ++tally_.heads;
  } else {
    history_.add(ns(), checker::stray{r ? r->id : checker::room_id{}, session_name_, history_.name("head elsewhere")});
  }
}

void client_model::handle(const server_message& m) {
  std::visit(overload{[&](const reply::published& p) { answered(m.id, &p, nullptr); },
                      [&](const reply::failed& f) {
                        if (auto asked = joins_.extract(m.id); !asked.empty()) {
                          auto& r = rooms_.at(asked.mapped());
                          ++tally_.joins_refused;
                          history_.add_join_failed(ns(), r.stream, history_.name("unavailable"));
                          r.stream = checker::stream_id::none;
                          r.is_asked = false;
                          return host_->after(milliseconds{100}, [this, name = asked.mapped(), life = life_] {
                            if (life == life_ && session_) join(name, rooms_.at(name));
                          });
                        }
                        answered(m.id, nullptr, &f.why);
                      },
                      [&](const reply::joined& j) {
                        if (auto asked = joins_.extract(m.id); !asked.empty()) joined(asked.mapped(), j);
                      },
                      [&](const reply::left&) {
                        auto asked = leaves_.extract(m.id);
                        if (asked.empty()) return;
                        auto& r = rooms_.at(asked.mapped());
                        ++tally_.leaves;
                        if (r.stream != checker::stream_id::none) history_.add_cut(ns(), r.stream);
                        r.stream = checker::stream_id::none;
                        r.is_joined = r.is_leaving = false;
                        join(asked.mapped(), r);
                      },
                      [&](const push::batch& b) { got(b); },
                      [&](const push::live& l) {
                        if (auto* r = room_of(l.room); r && r->stream != checker::stream_id::none)
                          history_.add_live(ns(), r->stream, said(l.at));
                      },
                      [&](const push::head& h) { told_head(h); },
                      [&](const push::catching_up& c) {
                        auto* r = room_of(c.room);
                        if (!r || r->stream == checker::stream_id::none) return;
                        ++tally_.catching_up;
                        if (std::exchange(r->has_caught_up, true)) ++tally_.caught_up_twice;
                        history_.add_catching_up(ns(), r->stream, said(c.at));
                      },
                      [&](const push::gap& g) {
                        auto* r = room_of(g.room);
                        if (!r || r->stream == checker::stream_id::none) return;
                        switch (g.reason) {
                          case push::gap_reason::reset: ++tally_.resets; break;
                          case push::gap_reason::retention: ++tally_.retentions; break;
                          case push::gap_reason::jump: ++tally_.jumps; break;
                        }
                        history_.add_gap(ns(), r->stream, g.from.value, said(g.to), said(g.reason));
                        r->at = g.to;
                      },
                      [](const auto&) {}},
             m.body);
}

}  // namespace parley::simulation
