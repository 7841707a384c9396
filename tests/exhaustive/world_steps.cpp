// What may happen next, and doing it.
#include "tests/exhaustive/world.hpp"

#include <algorithm>

namespace parley::exhaustive {
namespace {

using kind = step::kind;
constexpr milliseconds tick_length{20};  // past the grace of a hole and the shortest retry
constexpr milliseconds still_length{5000};

std::uint8_t small(std::size_t n) { return static_cast<std::uint8_t>(n); }

}  // namespace

feed_options world::options_of_feed() const {
  feed_options options;
  options.window_events = plan_->window_events;
  options.retry_delay = tick_length;
  return options;
}

std::vector<step> world::enabled() const {
  std::vector<step> steps;
  const auto& p = *plan_;
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    if (!lanes_[l].empty()) steps.push_back({kind::deliver, small(l), 0});
  }
  for (std::size_t i = 0; i < statements_.size(); ++i)
    steps.push_back({statements_[i].answer ? kind::answer : kind::run, small(i), 0});
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    const auto& me = *publishers_[i];
    // Publishers are alike: the first one begins.
    if (i > 0 && !p.is_same_key && publishers_[i - 1]->writes.front().attempts == 0) break;
    if (!me.may_send(p.attempts)) continue;
    for (std::size_t n = 0; n < both; ++n) {
      const bool is_bound = me.is(publisher::state::waiting) && me.node != n;
      if (nodes_[n].is_up && nodes_[n].shard->owned_under && !is_bound)
        steps.push_back({kind::publish, small(i), small(n)});
    }
  }
  if (!reader_.is_asked) steps.push_back({kind::join});
  if (!thread_->outbox.empty()) steps.push_back({kind::read});
  if (p.is_owner_moving) {
    if (used_.lapses == 0) steps.push_back({kind::lapse});
    if (p.is_lease_renewed && used_.renewals == 0 && nodes_[0].is_up) steps.push_back({kind::renew});
    for (std::size_t n = 0; n < both; ++n) {
      if (used_.claims[n] > 0 || !nodes_[n].is_up) continue;
      auto wishing = *nodes_[n].owner;
      if (!wishing.surveyed(stored_->survey(now_), now_).empty()) steps.push_back({kind::claim, 0, small(n)});
    }
  }
  if (used_.ticks < p.ticks) {
    if (feed_->core && feed_->core->needs_tick()) steps.push_back({kind::tick_feed});
    for (std::size_t n = 0; n < both; ++n) {
      if (nodes_[n].is_up && !nodes_[n].writer->core.is_idle()) steps.push_back({kind::tick_writer, 0, small(n)});
    }
  }
  if (used_.polls < p.polls && feed_->core) steps.push_back({kind::poll});
  if (used_.beacons < p.beacons) {
    for (std::size_t n = 0; n < both; ++n) {
      if (nodes_[n].is_up && nodes_[n].shard->owned_under && nodes_[n].shard->book.has_news())
        steps.push_back({kind::beacon, 0, small(n)});
    }
  }
  if (used_.faults == 0) add_faults(steps);
  return steps;
}

void world::add_faults(std::vector<step>& steps) const {
  const auto each_in_redis = [&](kind what, std::size_t at_least) {
    for (std::size_t l = 0; l <= from_redis; ++l) {
      if (l != subscribing && lanes_[l].size() >= at_least) steps.push_back({what, small(l)});
    }
  };
  const auto each_statement = [&](statement::kind of, bool has_run, kind what) {
    for (std::size_t i = 0; i < statements_.size(); ++i) {
      const auto& s = statements_[i];
      if (s.what->what == of && (s.answer != nullptr) == has_run && !s.is_deserted) steps.push_back({what, small(i)});
    }
  };
  switch (plan_->what_fails) {
    case fault::none: return;
    case fault::redis_drop: return each_in_redis(kind::drop, 1);
    case fault::redis_repeat: return each_in_redis(kind::repeat, 1);
    case fault::redis_reorder: return each_in_redis(kind::reorder, 2);
    case fault::redis_cut:
      if (is_subscribed_) steps.push_back({kind::cut_redis});
      return;
    case fault::lose_reply:
      each_statement(statement::kind::write, true, kind::unknown_after);
      each_statement(statement::kind::write, false, kind::unknown_never);
      each_statement(statement::kind::write, false, kind::unknown_late);
      return;
    case fault::refuse_append: return each_statement(statement::kind::write, false, kind::refuse);
    case fault::fail_read: return each_statement(statement::kind::read, false, kind::refuse);
    case fault::kill_owner:
      steps.push_back({kind::kill_late});
      steps.push_back({kind::kill_lost});
      return;
    case fault::cut_reader:
      if (reader_.is_joined) steps.push_back({kind::cut_reader});
      return;
    case fault::stand_still: steps.push_back({kind::stand_still}); return;
  }
}

void world::perform(const step& s) {
  const auto begin = [&](who w, std::size_t n) { enter(place(w, n), 1000 + static_cast<std::uint64_t>(s.what)); };
  switch (s.what) {
    case kind::deliver: deliver(s.which); break;
    case kind::run: run(s.which); break;
    case kind::answer: answer(s.which); break;
    case kind::publish:
      begin(who::publisher, s.which);
      publish(s.which, s.node);
      break;
    case kind::join:
      begin(who::connection, 0);
      join();
      break;
    case kind::read:
      begin(who::thread, 0);
      read();
      break;
    case kind::lapse:
      ++used_.lapses;
      lapse();
      break;
    case kind::renew:
      ++used_.renewals;
      begin(who::ownership, s.node);
      renew(s.node);
      break;
    case kind::claim:
      ++used_.claims[s.node];
      begin(who::ownership, s.node);
      claim(s.node);
      break;
    case kind::tick_feed:
      ++used_.ticks;
      now_ += tick_length;
      begin(who::feed, 0);
      tell_feed([&](feed& f) { return f.tick(now_); });
      break;
    case kind::tick_writer:
      ++used_.ticks;
      now_ += tick_length;
      begin(who::writer, s.node);
      perform(s.node, writer(s.node).tick(now_, wall()));
      break;
    case kind::poll:
      ++used_.polls;
      begin(who::feed, 0);
      poll();
      break;
    case kind::beacon:
      ++used_.beacons;
      begin(who::shard, s.node);
      beacon_due(s.node);
      break;
    default: perform_fault(s);
  }
  settle_local();
}

void world::perform_fault(const step& s) {
  ++used_.faults;
  const auto tell_failure = [&](flying& f, errc code) {
    f.answer = std::make_shared<const task>([what = f.what, code](world& w) { what->fail(w, {code, "a fault"}); });
    f.id = fold(f.id, 2000 + static_cast<std::uint64_t>(s.what));
  };
  switch (s.what) {
    case kind::drop: lanes_[s.which].erase(lanes_[s.which].begin()); return;
    case kind::repeat: lanes_[s.which].push_back(lanes_[s.which].front()); return;
    case kind::reorder: std::swap(lanes_[s.which][0], lanes_[s.which][1]); return;
    case kind::cut_redis:
      is_subscribed_ = false;
      current_ = fold(7, used_.faults);
      lanes_[from_redis] = {
          std::make_shared<const message>(message{next_id(), place(who::feed), "link lost", [](world& w) {
                                                    w.tell_feed([&](feed& f) { return f.link_lost(w.now_); });
                                                    w.subscribe();
                                                  }})};
      return;
    case kind::unknown_late: {
      auto late = statements_[s.which];
      late.is_deserted = true;
      statements_.push_back(std::move(late));
      tell_failure(statements_[s.which], errc::outcome_unknown);
      return;
    }
    case kind::unknown_after:
    case kind::unknown_never: tell_failure(statements_[s.which], errc::outcome_unknown); return;
    case kind::refuse: tell_failure(statements_[s.which], errc::unavailable); return;
    case kind::kill_late:
    case kind::kill_lost: kill(s.what == kind::kill_lost); return;
    case kind::cut_reader: cut_reader(); return;
    case kind::stand_still:
      now_ += still_length;
      enter(place(who::feed), 3000);
      tell_feed([&](feed& f) { return f.tick(now_); });
      for (std::size_t n = 0; n < both; ++n) {
        enter(place(who::writer, n), 3000);
        perform(n, writer(n).tick(now_, wall()));
      }
      return;
    default: fail("no such step");
  }
}

/// A's lease runs out, by every clock. B renews its own all the while, and has watched A's long enough.
void world::lapse() {
  const lease_options timing;
  for (auto end = now_ + timing.lease_time; now_ < end;) {
    now_ += timing.renew_period;
    enter(place(who::ownership, 1), 4000);
    auto& owner = nodes_[1].owner.change();
    (void)owner.renewed(stored_.change().renew(1, now_, current_), now_, now_);
    nodes_[1].lease_until = owner.valid_until();
  }
}

/// kill -9 of A.
void world::kill(bool is_lost) {
  nodes_[0].is_up = false;
  for (std::size_t w = 0; w < static_cast<std::size_t>(who::publisher); ++w) lanes_[mailboxes + w * both].clear();
  if (is_lost) lanes_[to_redis].clear();
  std::erase_if(statements_, [&](const flying& f) {
    return f.what->node == 0 && f.what->to != place(who::feed) && (is_lost || f.answer != nullptr);
  });
  for (auto& f : statements_) f.is_deserted = f.is_deserted || (f.what->node == 0 && f.what->to != place(who::feed));
  for (std::size_t p = 0; p < publishers_.size(); ++p) {
    enter(place(who::publisher, p), 5000);
    if (publishers_[p]->node == 0) publishers_[p].change().cut();
  }
}

/// The reader's socket breaks; what its outbox held is lost. It comes back at once, with where it stands.
void world::cut_reader() {
  enter(place(who::thread), 6000);
  const auto gen = reader_.gen;
  auto& mine = thread_.change();
  mine.outbox.clear();
  (void)mine.table.leave(gen.value, testing::room_named("general")->key, gen);
  enter(place(who::connection), 6000);
  tell_merge(gen, [](join_merge& m) { return m.leave(); });
  connection_.change().merge.reset();
  join();
}

std::string world::name_of(const step& s) const {
  const std::string at = s.node == 0 ? "A" : "B";
  const auto lane_name = [](std::size_t l) -> std::string {
    if (l < subscribing) return l == 0 ? "A to Redis" : "B to Redis";
    if (l < mailboxes) return l == subscribing ? "reader's node to Redis" : "Redis to reader's node";
    static const char* const names[] = {"ownership", "writer", "shard",  "room",
                                        "publisher", "feed",   "thread", "connection"};
    const auto actor = l - mailboxes;
    return std::string(names[actor / both]) + (actor < 8 ? (actor % both == 0 ? " A" : " B") : "");
  };
  const auto message_name = [&] { return lane_name(s.which) + ": " + lanes_[s.which].front()->name; };
  const auto statement_name = [&] {
    const auto& f = statements_[s.which];
    return (f.what->node == 0 ? "A: " : "B: ") + std::string(f.what->name) + (f.is_deserted ? " (late)" : "");
  };
  switch (s.what) {
    case kind::deliver: return message_name();
    case kind::run: return statement_name() + " takes effect";
    case kind::answer: return statement_name() + " is answered";
    case kind::publish: return "publisher " + std::to_string(s.which + 1) + " asks " + at;
    case kind::join: return "the reader joins";
    case kind::read: return "the reader reads";
    case kind::lapse: return "A's lease runs out";
    case kind::renew: return at + " renews its lease";
    case kind::claim: return at + " claims the shard";
    case kind::tick_feed: return "the feed's timer";
    case kind::tick_writer: return at + ": the writer's timer";
    case kind::poll: return "the reader's node polls";
    case kind::beacon: return at + " sends a beacon";
    case kind::drop: return "LOST: " + message_name();
    case kind::repeat: return "REPEATED: " + message_name();
    case kind::reorder: return "OVERTAKEN: " + message_name();
    case kind::cut_redis: return "CUT: the subscription";
    case kind::unknown_after: return "UNKNOWN, done: " + statement_name();
    case kind::unknown_never: return "UNKNOWN, never done: " + statement_name();
    case kind::unknown_late: return "UNKNOWN, still on its way: " + statement_name();
    case kind::refuse: return "REFUSED: " + statement_name();
    case kind::kill_late: return "KILLED: A, what it sent arrives";
    case kind::kill_lost: return "KILLED: A, what it sent is lost";
    case kind::cut_reader: return "CUT: the reader's socket";
    case kind::stand_still: return "STILL: five seconds pass";
  }
  return "?";
}

}  // namespace parley::exhaustive
