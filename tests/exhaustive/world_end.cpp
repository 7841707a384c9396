// The end of a world: faults are over, everything gets its time, and what came of it is judged.
#include "tests/exhaustive/world.hpp"

#include <algorithm>

namespace parley::exhaustive {
namespace {

constexpr milliseconds round_length{250};  // a beacon's period; every fourth round is a second
constexpr int rounds_max = 80;
constexpr int settling_max = 2000;

}  // namespace

void world::finish() {
  const auto kept = now_;
  for (int round = 0; round < rounds_max && violation().empty(); ++round) {
    settle();
    if (is_done()) return judge();
    repeat_and_join();
    settle();
    pass_time();
  }
  if (!violation().empty()) return;
  fail("R11: not done after " + std::to_string((now_ - kept).count() / 1'000'000'000) + " s: " + summary());
}

/// Everything that is on its way arrives, in turns.
void world::settle() {
  settle_local();
  for (int i = 0; i < settling_max && violation().empty(); ++i) {
    bool is_idle = true;
    for (std::size_t l = 0; l < lanes_.size(); ++l) {
      if (lanes_[l].empty()) continue;
      is_idle = false;
      deliver(l);
      settle_local();
    }
    if (!statements_.empty()) {
      is_idle = false;
      if (statements_.front().answer) {
        answer(0);
      } else {
        run(0);
      }
      settle_local();
    }
    while (!thread_->outbox.empty()) {
      is_idle = false;
      enter(place(who::thread), 7000);
      read();
      settle_local();
    }
    if (is_idle) return;
  }
  fail("R11: it never falls quiet");
}

void world::pass_time() {
  now_ += round_length;
  for (std::size_t n = 0; n < both; ++n) {
    if (!nodes_[n].is_up) continue;
    enter(place(who::writer, n), 8000);
    perform(n, writer(n).tick(now_, wall()));
    enter(place(who::shard, n), 8000);
    beacon_due(n);
    settle_local();
  }
  enter(place(who::feed), 8000);
  if (feed_->core && feed_->core->needs_tick()) tell_feed([&](feed& f) { return f.tick(now_); });
  settle_local();
  if ((now_ - testing::noon) % seconds{1} >= round_length) return;
  poll();
  for (std::size_t n = 0; n < both; ++n) {
    if (!nodes_[n].is_up) continue;
    enter(place(who::ownership, n), 8000);
    renew(n);
    settle();
    enter(place(who::ownership, n), 8001);
    if (!nodes_[n].owner->holds_all_wanted()) claim(n);
    settle();
  }
}

/// Each client does what is left to do, at one node after the other.
void world::repeat_and_join() {
  for (std::size_t p = 0; p < publishers_.size(); ++p) {
    const auto& me = *publishers_[p];
    for (std::size_t k = 0; k < me.writes.size() && me.may_send(1000); ++k) {
      auto n = me.is(publisher::state::failed) ? 1 - me.node : me.node;
      if (!nodes_[n].is_up) n = 1 - n;
      enter(place(who::publisher, p), 9000);
      publish(p, n);
      settle_local();
    }
  }
  if (!reader_.is_asked) {
    enter(place(who::connection), 9000);
    join();
    settle_local();
  }
}

bool world::is_done() const {
  if (!std::ranges::all_of(publishers_, [](const auto& p) { return p->is_done(); })) return false;
  return reader_.is_live && reader_.last == stored_->head().head.head;
}

void world::judge() {
  std::map<std::pair<std::string, std::string>, unsigned> rows;
  for (const auto& e : stored_->events()) {
    if (!e->client_msg_id.empty() && ++rows[{e->sender, e->client_msg_id}] > 1) fail("R6: two rows of one key");
  }
  for (std::size_t p = 0; p < publishers_.size(); ++p) {
    for (const auto& w : publishers_[p]->writes) {
      const auto e = stored_->at(w.acked.seq);
      if (!e || e->at_position() != w.acked || e->client_msg_id != w.what->client_msg_id || e->sender != w.what->sender)
        return fail("R1: an ack that is not stored");
      if (!plan_->is_same_key && std::ranges::count(w.refused, e->body.metadata) > 0)
        fail("R5: an attempt was told to have stored nothing, and is stored");
    }
  }
  for (std::size_t n = 0; n < both; ++n) {
    if (nodes_[n].is_up && !nodes_[n].writer->core.is_idle()) fail("R11: a writer still has something to do");
  }
}

}  // namespace parley::exhaustive
