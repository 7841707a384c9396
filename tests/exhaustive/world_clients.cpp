// The clients: what they send, and what they are told.
#include "tests/exhaustive/world.hpp"

#include <algorithm>

namespace parley::exhaustive {

seq world::acked() const {
  seq most;
  for (const auto& p : publishers_) most = std::max(most, p->acked());
  return most;
}

/// Sends the next write, or all that failed again, in order.
void world::publish(std::size_t p, std::size_t n) {
  auto& me = publishers_.at(p).change();
  if (me.node != n && !me.is(publisher::state::waiting)) {
    me.cut();
    me.node = n;
  }
  const auto wanted = me.is(publisher::state::failed) ? publisher::state::failed : publisher::state::unsent;
  for (auto& w : me.writes) {
    if (w.state != wanted) continue;
    if (w.attempts == 0 && !plan_->is_same_key) w.after = acked();
    // Others' acks are no part of this publisher's history unless it is judged by them.
    histories_[place(who::publisher, p)] = fold(histories_[place(who::publisher, p)], w.after.value);
    w.state = publisher::state::waiting;
    ++w.attempts;
    const auto sent = me.order.sent("general");
    w.number = sent.number;
    auto what = std::make_shared<draft>(*w.what);
    what->body.metadata = std::to_string(w.attempts);
    const sent_write m{p, {me.session, sent.round, sent.number}, std::move(what)};
    post(place(who::shard, n), "write", [n, m](world& then) { then.write(n, m); });
    if (wanted == publisher::state::unsent) return;
  }
}

void world::tell(std::size_t p, session_id session, std::uint64_t number,
                 std::variant<reply::published, refusal> what) {
  post(place(who::publisher, p), "answer", [p, session, number, what = std::move(what)](world& w) {
    auto& me = w.publishers_.at(p).change();
    if (me.session != session) return;
    server_message answer{static_cast<std::uint32_t>(number), {}};
    if (const auto* stored = std::get_if<reply::published>(&what)) {
      answer.body = *stored;
    } else {
      answer.body = reply::failed{std::get<refusal>(what), "general", {}};
    }
    for (const auto& said : me.order.answered("general", number, std::move(answer))) {
      if (auto wrong = me.told(said, *w.stored_); !wrong.empty()) w.fail(std::move(wrong));
    }
  });
}

void world::join() {
  auto options = plan_->join;
  if (reader_.gen.value > 0 && reader_.last.seq.value > 0) {
    options = {};
    options.since = reader_.last;
  }
  reader_.gen = generation{reader_.gen.value + 1};
  reader_.ask(options, acked());
  histories_[place(who::connection)] = fold(histories_[place(who::connection)], reader_.must_reach.value);
  auto& mine = connection_.change();
  mine = {join_merge{"general", options, {plan_->page_events}}, reader_.gen, false};
  thread_.change().gen = reader_.gen;
  tell_merge(reader_.gen, [](join_merge& m) { return m.start(); });
}

/// One frame is given to the socket of the slow reader.
void world::read() {
  auto& outbox = thread_.change().outbox;
  const auto first = std::move(outbox.front());
  outbox.pop_front();
  give(first);
}

}  // namespace parley::exhaustive
