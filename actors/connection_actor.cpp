#include "actors/connection_actor.hpp"

#include "actors/core/window.hpp"
#include "actors/room_identity.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace parley {
namespace {

constexpr std::size_t known_rooms_max = 256;
constexpr std::size_t pages_waiting_max = 32'768;  // more than a frame holds; beyond: `rate_limited`
constexpr std::uint32_t budget_token = 0;          // of `drained`; subscriptions have their generation, from 1 on

refusal too_many(const char* what) { return {refusal_code::rate_limited, what, milliseconds{100}}; }

}  // namespace

connection_actor::connection_actor(caf::actor_config& config, context_ptr context,
                                   std::shared_ptr<session_port> session, std::string instance, caf::actor router,
                                   caf::actor feeds)
    : event_based_actor(config),
      context_(std::move(context)),
      session_(std::move(session)),
      instance_(std::move(instance)),
      router_(std::move(router)),
      feeds_(std::move(feeds)) {}

caf::behavior connection_actor::make_behavior() {
  return {
      [this](msg::requested& m) { std::visit([&](auto& body) { asked(m.what.id, body); }, m.what.body); },
      [this](msg::write_answer& m) { answered(m); },
      [this](msg::feed_attached& m) { in_turn(std::move(m)); },
      [this](msg::feed_fetched& m) { in_turn(std::move(m)); },
      [this](msg::feed_failed& m) {
        auto* s = m.is_attach ? attach_answered(m.room, m.generation, m.feed) : subscription_of(m.room, m.generation);
        if (s != nullptr) perform(*s, s->merge.failed(m.why));
        take_up_behind();
      },
      [this](const msg::row_behind& m) {
        if (m.was_live) context_->probe->fell_behind();
        if (auto* s = subscription_of(m.room, m.generation)) perform(*s, s->merge.row_behind(m.at, m.was_live));
      },
      [this](const msg::drained& m) {
        if (m.token == budget_token)
          budget_drained();
        else
          in_turn(m);
      },
      [this](msg::history_read& m) { history_read(m); },
      [this](const msg::session_closed&) { closed(); },
  };
}

void connection_actor::on_exit() {
  rooms_.clear();
  router_ = nullptr;
  feeds_ = nullptr;
  session_.reset();
  context_->probe->connection_closed();
}

/// A feed counts a reader from its attach on. So whoever leaves before the answer still has to hear it, to detach.
void connection_actor::closed() {
  is_closed_ = true;
  for (auto& [name, s] : rooms_) {
    if (s.feed) caf::anon_send(s.feed, msg::detach{session_->thread()});
  }
  keys_.clear();
  rooms_.clear();
  pages_.clear();
  for (auto& step : std::exchange(steps_, {})) {
    if (auto* attached = std::get_if<msg::feed_attached>(&step)) carry_out(*attached);
  }
  if (attaching_.empty()) quit();
}

/// @returns the subscription that waits for it; none: it was left, joined again or closed meanwhile
connection_actor::subscription* connection_actor::attach_answered(const room_key& room, parley::generation gen,
                                                                  const caf::actor& feed) {
  std::erase(attaching_, gen);
  auto* s = subscription_of(room, gen);
  if (s != nullptr) {
    s->feed = feed;
    return s;
  }
  caf::anon_send(feed, msg::detach{session_->thread()});
  if (is_closed_ && attaching_.empty()) quit();
  return nullptr;
}

// ---- history, as fast as the socket takes it -------------------------------------------------------------------

void connection_actor::in_turn(send_step step) {
  if (!is_closed_ && (!steps_.empty() || !budget_.has_room())) {
    steps_.push_back(std::move(step));
    return;
  }
  std::visit([this](auto& m) { carry_out(m); }, step);
  take_up_behind();
}

void connection_actor::carry_out(msg::feed_attached& m) {
  auto* s = attach_answered(m.room, m.generation, m.feed);
  if (s != nullptr) perform(*s, s->merge.attached(m.view));
}

void connection_actor::carry_out(msg::feed_fetched& m) {
  if (auto* s = subscription_of(m.room, m.generation)) perform(*s, s->merge.fetched(*m.page));
}

void connection_actor::carry_out(const msg::drained& m) {
  const auto found = std::ranges::find(keys_, m.token, [](const keyed& k) { return k.what->gen.value; });
  if (found != keys_.end()) perform(*found->what, found->what->merge.drained());
}

void connection_actor::spend(const event_list& events) {
  std::size_t bytes = 0;
  for (const auto& e : events) bytes += size_bytes(*e);
  if (budget_.sent(json_growth_max * bytes)) session_->notify_drained(budget_token);
}

void connection_actor::budget_drained() {
  if (budget_.drained()) session_->notify_drained(budget_token);
  while (!steps_.empty() && budget_.has_room()) {
    auto step = std::move(steps_.front());
    steps_.pop_front();
    std::visit([this](auto& m) { carry_out(m); }, step);
    take_up_behind();
  }
  read_pages();
}

// ---- requests --------------------------------------------------------------------------------------------------

void connection_actor::asked(std::uint32_t id, request::connect& r) {
  user_ = r.user;
  // One waits until all rooms of the request have been begun.
  connecting_ = std::make_unique<connecting>(connecting{id, {r.user, {}}, 1});
  for (auto& wish : r.rooms) {
    if (auto* why = std::get_if<refusal>(&wish.wish)) {
      connecting_->reply.rooms.push_back({wish.room, std::move(*why)});
    } else {
      ++connecting_->waiting;
      begin_join(0, wish.room, std::get<request::join_options>(wish.wish), true);
    }
  }
  --connecting_->waiting;
  finish_connect();
}

void connection_actor::asked(std::uint32_t id, request::join& r) {
  if (!goes_behind(r.room, {id, r})) begin_join(id, r.room, r.options, false);
}

void connection_actor::asked(std::uint32_t id, request::leave& r) {
  if (goes_behind(r.room, {id, r})) return;
  const bool was_joined = rooms_.contains(r.room);
  end_subscription(r.room);
  if (id != 0 || was_joined) session_->send({id, reply::left{r.room}});  // without an id for the verifier, not written
}

void connection_actor::asked(std::uint32_t id, request::publish& r) {
  auto& mine = writes();
  const auto place = mine.order.sent(r.room);
  mine.sent.emplace(place.number, sent_write{id, r.draft.client_msg_id});
  if (mine.order.waiting() > context_->options.writes_waiting_max) {
    msg::write_answer full{identified(r.room), place.number,
                           too_many("too many writes of this connection wait for their answers")};
    answered(full);
    return;
  }
  auto what = std::make_shared<draft>(std::move(r.draft));
  what->sender = user_;
  caf::anon_send(router_, msg::write{identified(r.room),
                                     std::move(what),
                                     {session_->id(), place.round, place.number},
                                     caf::actor_cast<caf::actor>(this)});
}

void connection_actor::asked(std::uint32_t id, request::history& r) {
  if (pages_.size() >= pages_waiting_max)
    return refuse(id, too_many("too many pages of this connection wait for their turn"), r.room);
  pages_.push_back({id, {identified(r.room), static_cast<history_query::side>(r.where), r.seq, r.limit, r.messages}});
  read_pages();
}

/// One at a time, and none that the socket would not take: what one session asks for must not be everybody's wait.
void connection_actor::read_pages() {
  if (pages_.empty() || is_reading_page_ || !budget_.has_room()) return;
  const auto next = std::move(pages_.front());
  pages_.pop_front();
  is_reading_page_ = true;
  context_->reads_of(next.query.room->shard)
      .history(next.query, [self = caf::actor_cast<caf::actor>(this), id = next.id, room = next.query.room](auto page) {
        caf::anon_send(self, msg::history_read{id, room->room, std::move(page)});
      });
}

void connection_actor::asked(std::uint32_t id, request::ping&) { reply_to(id, reply::pong{}); }

void connection_actor::asked(std::uint32_t id, request::refused& r) {
  if (!r.is_write || r.room.empty()) {
    refuse(id, std::move(r.why), std::move(r.room), std::move(r.client_msg_id));
    return;
  }
  const auto place = writes().order.sent(r.room);
  const auto room = r.room;
  say_in_order(room, place.number,
               {id, reply::failed{std::move(r.why), std::move(r.room), std::move(r.client_msg_id)}});
}

void connection_actor::history_read(msg::history_read& m) {
  is_reading_page_ = false;
  if (is_closed_) return;
  show(m);
  read_pages();
}

void connection_actor::show(msg::history_read& m) {
  if (m.page.has_error()) {
    refuse(m.id, {refusal_code::unavailable, "the room's history is out of reach", milliseconds{500}}, m.room);
    return;
  }
  auto& page = *m.page;
  reply::page answer{m.room, std::move(page.events), page.head.head, {}, {}};
  if (!answer.events.empty()) {
    if (page.has_older) answer.older = answer.events.front()->seq;
    if (page.has_newer) answer.newer = answer.events.back()->seq;
  }
  if (m.id == 0) return;
  spend(answer.events);
  reply_to(m.id, std::move(answer));
}

// ---- writes ----------------------------------------------------------------------------------------------------

void connection_actor::answered(msg::write_answer& m) {
  auto node = writes().sent.extract(m.number);
  if (node.empty()) return;
  auto& write = node.mapped();
  const auto& room = m.room->room;
  server_message answer{write.id, {}};
  if (auto* stored = std::get_if<reply::published>(&m.what)) {
    answer.body = std::move(*stored);
  } else {
    answer.body = reply::failed{std::get<refusal>(std::move(m.what)), room, std::move(write.client_msg_id)};
  }
  say_in_order(room, m.number, std::move(answer));
}

void connection_actor::say_in_order(const std::string& room, std::uint64_t number, server_message answer) {
  for (auto& ready : writes().order.answered(room, number, std::move(answer))) {
    // Without an id there is no reply on success; a failure is told as a push.
    if (ready.id != 0 || std::holds_alternative<reply::failed>(ready.body)) session_->send(std::move(ready));
  }
}

void connection_actor::reply_to(std::uint32_t id, decltype(server_message::body) body) {
  if (id != 0) session_->send({id, std::move(body)});
}

void connection_actor::refuse(std::uint32_t id, refusal why, std::string room, std::string client_msg_id) {
  session_->send({id, reply::failed{std::move(why), std::move(room), std::move(client_msg_id)}});
}

// ---- rooms -----------------------------------------------------------------------------------------------------

room_ref connection_actor::identified(const std::string& room) {
  if (const auto joined = rooms_.find(room); joined != rooms_.end()) return joined->second.room;
  auto& known = writes().identities;
  auto found = known.find(room);
  if (found != known.end()) return found->second;
  if (known.size() >= known_rooms_max) known.clear();
  return known.emplace(room, identify(instance_, room, context_->options.shards)).first->second;
}

connection_actor::writing& connection_actor::writes() {
  if (!writing_) writing_ = std::make_unique<writing>();
  return *writing_;
}

}  // namespace parley
