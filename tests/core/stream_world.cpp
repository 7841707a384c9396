#include "tests/core/stream_world.hpp"

#include <utility>

namespace parley::testing {

stream_tally& stream_tally::operator+=(const stream_tally& o) {
  committed += o.committed, joins += o.joins, batches += o.batches, holes_filled += o.holes_filled;
  overflows += o.overflows, link_losses += o.link_losses, lost_tails += o.lost_tails, feed_restarts += o.feed_restarts;
  resets += o.resets, retention_gaps += o.retention_gaps, jumps += o.jumps, fallbacks += o.fallbacks;
  refusals += o.refusals, failed_reads += o.failed_reads, shared_reads += o.shared_reads;
  quiet_reads = std::max(quiet_reads, o.quiet_reads), final_heads += o.final_heads;
  return *this;
}

stream_world::stream_world(std::uint64_t seed) : random_(seed), log_(room_named("general")) {
  feed_options_.window_events = 4 + below(40);
  feed_options_.confirm_wait = 200ms;
  feed_options_.answer_deadline = 1000ms;
  feed_options_.retry_delay = 20ms;
  feed_options_.ahead_max = 2 + below(12);
  merge_options_.page_events = static_cast<std::uint32_t>(2 + below(20));
  lossy_percent_ = static_cast<unsigned>(chance(60) ? below(40) : 0);
  doubled_percent_ = static_cast<unsigned>(chance(50) ? below(40) : 0);
  beacon_loss_percent_ = static_cast<unsigned>(chance(50) ? below(100) : 0);
  failing_percent_ = static_cast<unsigned>(chance(40) ? below(60) : 0);
  fan_out_delay_ms_ = chance(70) ? below(40) : 0;
  storage_delay_ms_ = 1 + (chance(70) ? below(60) : 0);
  post_delay_ms_ = below(6);
  has_failovers_ = chance(35);
  has_retention_ = chance(40);
  has_slow_readers_ = chance(50);
  has_link_losses_ = chance(50);
  is_local_owner_ = chance(25);
  has_short_pages_ = chance(30);
  if (chance(70)) log_.commit(1 + below(120));
  if (has_retention_ && chance(50)) log_.trim(seq{below(60)});
  book_.opened(log_.mark());
  for (std::uint32_t i = 0; i < 2; ++i) tables_.try_emplace(thread_index{i}, live_ring_options{1 + below(6), 4096});
}

// ---- time ------------------------------------------------------------------------------------------------------

void stream_world::after(milliseconds delay, std::function<void()> what) {
  agenda_.emplace(std::pair{now_ + delay, ++order_}, std::move(what));
}

void stream_world::send(lane& through, milliseconds delay_max, std::function<void()> what) {
  through.last = std::max(through.last, now_ + up_to(static_cast<std::uint64_t>(delay_max.count())));
  agenda_.emplace(std::pair{through.last, ++order_}, std::move(what));
}

void stream_world::run_until(instant end) {
  while (!agenda_.empty() && agenda_.begin()->first.first <= end && violation().empty()) {
    auto step = agenda_.extract(agenda_.begin());
    now_ = step.key().first;
    step.mapped()();
  }
  now_ = end;
}

void stream_world::run() {
  const auto every = [this](milliseconds period, auto what) {
    auto again = std::make_shared<std::function<void()>>();
    *again = [this, period, what, weak = std::weak_ptr(again)] {
      what();
      if (auto self = weak.lock()) after(period, [self] { (*self)(); });
    };
    after(period, [again] { (*again)(); });
  };
  every(10ms, [this] { tick_feed(); });
  every(250ms, [this] { send_beacon(); });
  every(1000ms, [this] { poll(); });
  for (auto left = 40 + below(160); left > 0; --left) {
    act();
    run_until(now_ + up_to(chance(10) ? 1500 : 40));
  }
  is_healed_ = true;
  has_short_pages_ = false;
  if (feed_ && !is_subscribed_) subscribe();
  for (auto& [id, s] : sessions_) s.read_delay = 1ms;
  run_until(now_ + 1s);
  if (is_claim_due_) lose_tail();
  if (log_.lost_tails() > 0) commit(1);  // a lost tail shows where the new one differs
  run_until(now_ + 10s);
  const auto before_quiet = reads_;
  run_until(now_ + 5s);
  tally_.quiet_reads = reads_ - before_quiet;
  for (auto& [id, s] : sessions_) {
    auto& r = *s.reader;
    if (violation().empty()) {
      r.check_end();
      tally_.final_heads += r.is_joined() ? 1 : 0;
    }
    tally_.resets += r.resets, tally_.retention_gaps += r.retention_gaps, tally_.jumps += r.jumps;
    tally_.fallbacks += r.fallbacks, tally_.refusals += r.refusals;
  }
}

std::string stream_world::violation() const {
  if (!violation_.empty()) return violation_;
  for (const auto& [id, s] : sessions_) {
    if (!s.reader->violation().empty()) return "session " + std::to_string(id) + ": " + s.reader->violation();
  }
  return {};
}

void stream_world::act() {
  const auto dice = below(100);
  if (sessions_.size() < 2 || (dice < 8 && sessions_.size() < 8)) return add_session();
  auto& s = std::next(sessions_.begin(), static_cast<std::ptrdiff_t>(below(sessions_.size())))->second;
  if (dice < 55) {
    commit(chance(5) ? 20 + below(60) : 1 + below(4));
  } else if (dice < 70) {
    join(s);
  } else if (dice < 75) {
    leave(s);
  } else if (dice < 80 && has_link_losses_) {
    link_down();
  } else if (dice < 84 && has_failovers_) {
    lose_tail();
  } else if (dice < 88) {
    if (!is_claim_due_) {
      log_.change_owner();
      book_.opened(log_.mark());
    }
  } else if (dice < 92 && has_retention_) {
    const auto head = log_.head().head.seq.value;
    log_.trim(seq{head - std::min<std::uint64_t>(head, below(30))});
  } else if (dice < 97 && has_slow_readers_) {
    s.read_delay = chance(50) ? up_to(200) : 1ms;
    s.outbox_max = 2 + below(8);
  } else if (dice < 99 && feed_ && !feed_->has_subscribers()) {
    close_feed();
  }
}

// ---- the owner, the fan-out and storage --------------------------------------------------------------------------

void stream_world::commit(std::size_t count) {
  if (is_claim_due_) return;
  room_envelope envelope{log_.room()->key, log_.head().head, log_.commit(count)};
  tally_.committed += count;
  book_.moved(log_.mark(), {{log_.room()->key, log_.head()}});
  if (is_local_owner_ && feed_) {
    after(0ms, [this, envelope, life = feed_life_] {
      if (life == feed_life_) perform(feed_->arrived(envelope, now_));
    });
  }
  publish(envelope);
}

void stream_world::publish(const room_envelope& envelope) {
  const auto copies = !is_healed_ && chance(doubled_percent_) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (!is_healed_ && chance(lossy_percent_)) continue;
    if (!is_subscribed_) continue;
    after(up_to(fan_out_delay_ms_), [this, envelope, life = feed_life_, link = link_life_] {
      // What was on its way when the link broke is lost, or late.
      if (life == feed_life_ && feed_ && (link == link_life_ || chance(30))) perform(feed_->arrived(envelope, now_));
    });
  }
}

void stream_world::send_beacon() {
  const auto b = book_.due();
  if (!b || !is_subscribed_ || (!is_healed_ && chance(beacon_loss_percent_))) return;
  after(up_to(fan_out_delay_ms_), [this, b = *b] {
    for (const auto& h : watch_.heard(b)) hint(h.head, std::nullopt);
  });
}

void stream_world::poll() {
  if (!feed_) return;
  read_storage([this] { return log_.mark(); },
               [this](result<shard_mark> mark) {
                 if (mark.has_error() || watch_.polled(shard_id{0}, *mark).empty()) return;
                 read_storage(
                     [this] {
                       return marked_head{log_.head(), log_.mark()};
                     },
                     [this](result<marked_head> seen) {
                       if (seen.has_value()) hint(seen->head, seen->mark);
                     });
               });
}

/// An asynchronous failover; the shard's next owner comes a little later, with a new term.
void stream_world::lose_tail() {
  if (!is_claim_due_) {
    log_.lose_tail(1 + below(6));
    ++tally_.lost_tails;
    is_claim_due_ = true;
    after(up_to(300), [this] {
      if (is_claim_due_) lose_tail();
    });
    return;
  }
  is_claim_due_ = false;
  log_.change_owner();
  book_.opened(log_.mark());
}

void stream_world::link_down() {
  if (!feed_ || !is_subscribed_) return;
  ++tally_.link_losses;
  is_subscribed_ = false;
  ++link_life_;
  perform(feed_->link_lost(now_));
  after(up_to(2000), [this] { subscribe(); });
}

void stream_world::subscribe() {
  if (is_subscribed_ || !feed_) return;
  is_subscribed_ = true;
  after(up_to(post_delay_ms_), [this, life = feed_life_, link = link_life_] {
    if (life == feed_life_ && link == link_life_ && feed_) perform(feed_->subscribed(now_));
  });
}

// ---- the feed --------------------------------------------------------------------------------------------------

void stream_world::open_feed() {
  ++feed_life_;
  feed_ = std::make_unique<feed>(log_.room()->key, now_, feed_options_);
  watch_.added(log_.room());
  is_subscribed_ = false;
  ++link_life_;
  if (has_link_losses_ && !is_healed_ && chance(20)) {
    after(up_to(3000), [this] { subscribe(); });
  } else {
    subscribe();
  }
}

void stream_world::close_feed() {
  watch_.removed(log_.room());
  feed_.reset();
  ++feed_life_;
  is_subscribed_ = false;
  ++link_life_;
}

void stream_world::tick_feed() {
  if (feed_ && feed_->needs_tick()) perform(feed_->tick(now_));
}

void stream_world::hint(const room_head& head, std::optional<shard_mark> mark) {
  after(up_to(post_delay_ms_), [this, head, mark, life = feed_life_] {
    if (life == feed_life_ && feed_) perform(feed_->head_seen(head, mark, now_));
  });
}

}  // namespace parley::testing
