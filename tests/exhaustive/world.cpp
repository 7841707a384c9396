#include "tests/exhaustive/world.hpp"

#include <algorithm>
#include <sstream>

namespace parley::exhaustive {
namespace {

const room_ref& general() {
  static const room_ref room = testing::room_named("general");
  return room;
}

lease_options lease_of(const plan& p) {
  return p.is_owner_moving ? lease_options{} : lease_options{std::chrono::hours{1}, seconds{1}, milliseconds{200}};
}

}  // namespace

world::world(const plan& p)
    : plan_(std::make_shared<plan>(p)),
      stored_(std::in_place, general(), p.stored, lease_of(p).lease_time),
      nodes_{node{copied<lease>{std::in_place, owner_name(0), std::vector{shard_id{0}}, lease_of(p)},
                  copied<writer_shell>{std::in_place, writer_shell{shard_writer{owner_name(0)}, 0, 0, false}},
                  {},
                  {}},
             node{copied<lease>{std::in_place, owner_name(1), std::vector{shard_id{0}}, lease_of(p)},
                  copied<writer_shell>{std::in_place, writer_shell{shard_writer{owner_name(1)}, 0, 0, false}},
                  {},
                  {}}} {
  for (std::size_t i = 0; i < p.publishers; ++i) {
    auto& made = publishers_.emplace_back().change();
    made.session = session_id{i + 1};
    for (std::size_t k = 0; k < p.writes; ++k) {
      const auto name = std::to_string(p.is_same_key ? 0 : i) + '.' + std::to_string(k);
      made.writes.push_back(
          {testing::draft_of("user" + std::to_string(p.is_same_key ? 0 : i), name), {}, 0, 0, {}, {}, {}});
    }
  }
  // A owns the shard, its room is awake, and B has begun to watch A's lease.
  renew(0);
  renew(1);
  settle();
  claim(0);
  settle();
  wake(0);
  settle();
  beacon_due(0);
  settle();
  if (p.begins != beginning::cold) {
    join();
    settle();
  }
  if (p.begins == beginning::warm) {  // that was another reader; it stays, and nobody looks at it
    const auto gen = reader_.gen;
    reader_ = {};
    reader_.gen = gen;
    thread_.change().gen = {};
    connection_ = {};
  }
  (void)nodes_[1].owner.change().surveyed(stored_->survey(now_), now_);
  const bool is_begun = nodes_[0].shard->awake != 0 && (p.begins != beginning::live || reader_.is_live);
  if (!is_begun) fail("the world did not begin");
}

bool world::is_explored(std::size_t actor) const {
  if (!plan_->is_local_explored) return false;
  return actor < place(who::publisher) || actor == place(who::feed);
}

/// An actor begins to handle something. What it sends meanwhile is named by its history.
void world::enter(std::size_t actor, std::uint64_t cause) {
  auto& history = histories_.at(actor);
  history = fold(fold(history, cause), static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  current_ = history;
  emitted_ = 0;
}

void world::post(std::size_t to, const char* name, task what, bool is_slow) {
  arrive(std::make_shared<const message>(message{next_id(), to, name, std::move(what)}), is_slow);
}

/// A mailbox keeps the order in which it was sent to, whoever sent. What is not slow is handled at once, unless
/// something waits before it.
void world::arrive(message_ptr m, bool is_slow) {
  auto& mailbox = lanes_[mailboxes + m->to];
  if (m->to == place(who::thread)) is_slow = plan_->is_front_explored;
  if (is_slow || is_explored(m->to) || !mailbox.empty()) {
    mailbox.push_back(std::move(m));
  } else {
    local_.push_back(std::move(m));
  }
}

void world::post_redis(std::size_t n, const char* name, task what) {
  lanes_[to_redis + n].push_back(
      std::make_shared<const message>(message{next_id(), place(who::feed), name, std::move(what)}));
}

void world::ask(statement what) {
  statements_.push_back({std::make_shared<const statement>(std::move(what)), nullptr, next_id(), false});
}

void world::deliver(std::size_t l) {
  auto& lane_of = lanes_.at(l);
  const auto m = lane_of.front();
  lane_of.erase(lane_of.begin());
  if (l >= mailboxes) {
    enter(m->to, m->id);
    m->what(*this);
  } else if (l == from_redis) {
    arrive(m, false);
  } else {  // Redis itself: who is subscribed when a message arrives there gets it, nobody else ever will
    if (l == subscribing) is_subscribed_ = true;
    const bool is_passed_on = l == subscribing || !plan_->is_redis_silent;
    if (is_subscribed_ && is_passed_on) lanes_[from_redis].push_back(m);
  }
}

void world::run(std::size_t i) {
  auto& s = statements_.at(i);
  current_ = s.id;
  auto told = s.what->run(*this);
  s.answer = std::make_shared<const task>(std::move(told));
  s.id = fold(s.id, stored_->version());
  if (s.is_deserted) statements_.erase(statements_.begin() + static_cast<std::ptrdiff_t>(i));
}

void world::answer(std::size_t i) {
  const auto s = statements_.at(i);
  statements_.erase(statements_.begin() + static_cast<std::ptrdiff_t>(i));
  arrive(std::make_shared<const message>(
             message{s.id, s.what->to, s.what->name, [told = s.answer](world& w) { (*told)(w); }}),
         false);
}

void world::settle_local() {
  while (!local_.empty() && violation_.empty()) {
    const auto m = std::move(local_.front());
    local_.pop_front();
    enter(m->to, m->id);
    m->what(*this);
  }
}

void world::fail(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

std::uint64_t world::hash() const {
  std::uint64_t h = stored_->version();
  for (const auto history : histories_) h = fold(h, history);
  for (const auto& l : lanes_) {
    h = fold(h, l.size());
    for (const auto& m : l) h = fold(h, m->id);
  }
  std::uint64_t in_flight = 0;  // their order says nothing
  for (const auto& s : statements_) in_flight += fold(s.id, (s.answer ? 2u : 0u) + (s.is_deserted ? 1u : 0u));
  h = fold(h, in_flight);
  h = fold(h, static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  h = fold(h, is_subscribed_ ? 1 : 0);
  h = fold(h, (nodes_[0].is_up ? 1u : 0u) + (nodes_[1].is_up ? 2u : 0u));
  h = fold(h, used_.ticks | used_.polls << 4 | used_.beacons << 8 | used_.lapses << 12 | used_.renewals << 16 |
                  used_.faults << 20 | used_.claims[0] << 24 | used_.claims[1] << 28);
  return h;
}

std::string world::summary() const {
  std::ostringstream text;
  text << "stored " << stored_->head().head.head << " by " << (stored_->is_owner(0) ? "A" : "B") << ", acked "
       << acked() << ", reader "
       << (reader_.is_live     ? "live"
           : reader_.is_joined ? "joined"
                               : "not joined")
       << " at " << reader_.last;
  return text.str();
}

}  // namespace parley::exhaustive
