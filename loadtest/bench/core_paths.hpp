#pragma once

#include "actors/core/join_merge.hpp"
#include "actors/core/live_table.hpp"
#include "actors/core/room_log.hpp"
#include "actors/core/shard_writer.hpp"
#include "loadtest/bench/given.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

/// The hot paths of the rules, round after round, as the benchmarks and the guard both run them: no store, no socket,
/// no clock. What a round needs is made before the first one.
namespace parley::bench {

inline constexpr instant noon{std::chrono::hours{12}};
inline constexpr unix_time today{milliseconds{1'764'000'000'000}};

/// From `enqueue` to the heads moved. One draft leaves alone; `drafts` more collect behind it and are the next batch,
/// spread over `rooms` rooms of as many shards.
class writer_rounds {
public:
  writer_rounds(std::uint64_t drafts, std::uint64_t rooms) {
    for (std::uint64_t n = 0; n < rooms; ++n) {
      rooms_.push_back(room(n));
      writer_.open_shard(rooms_.back()->shard, term{1}, attempt{0});
      writer_.open_room(rooms_.back(), {}, today);
    }
    for (std::uint64_t n = 0; n <= drafts; ++n) drafts_.push_back(draft_of(n));
  }

  /// @returns whether every draft of it was committed
  bool run() {
    committed_ = 0;
    now_ += std::chrono::seconds{1};  // past what a busy writer gathers for
    auto first = enqueue(0, 0);
    for (std::size_t n = 1; n < drafts_.size(); ++n) (void)enqueue(n, (n - 1) % rooms_.size());
    commit_all(std::move(first));
    return committed_ == drafts_.size();
  }
  std::uint64_t drafts() const { return drafts_.size(); }

private:
  shard_writer::effects enqueue(std::size_t draft, std::size_t to) {
    return writer_.enqueue(rooms_[to]->key, ticket{++tickets_}, drafts_[draft], 0, now_, today);
  }

  void commit_all(shard_writer::effects effects) {
    while (true) {
      const shard_writer::append* sent = nullptr;
      for (const auto& e : effects) {
        if (const auto* found = std::get_if<shard_writer::append>(&e)) sent = found;
        if (const auto* done = std::get_if<shard_writer::room_results>(&e)) count(*done);
      }
      if (sent == nullptr) return;
      append_outcome good{std::vector<shard_verdict>(sent->batch.shards.size(), shard_verdict::committed), {}};
      effects = writer_.appended(std::move(good), now_, today);
    }
  }

  void count(const shard_writer::room_results& results) {
    for (const auto& one : results.outcomes)
      committed_ += std::holds_alternative<outcome::committed>(one.how) ? 1u : 0u;
  }

  shard_writer writer_{"bench", {}};
  std::vector<room_ref> rooms_;
  std::vector<std::shared_ptr<const draft>> drafts_;
  std::uint64_t tickets_ = 0;
  std::size_t committed_ = 0;
  instant now_ = noon;
};

/// A publish of the room, decided and ended. Its keys come again only after the dedup window has forgotten them.
class room_log_rounds {
public:
  room_log_rounds() {
    for (std::uint64_t n = 0; n < 2 * room_log_options{}.dedup_keys_max; ++n) {
      drafts_.push_back(draft_of(n));
      events_.push_back(event_of(n));
    }
  }

  /// @returns whether it was queued and answered
  bool run() {
    const auto n = number_++ % drafts_.size();
    const auto decided = log_.publish({session_id{1}, 0, number_}, drafts_[n], noon);
    const auto* queued = std::get_if<room_log::queue>(&decided);
    return queued != nullptr && log_.ended({queued->ticket, outcome::committed{events_[n], {}}}, noon).size() == 1;
  }

private:
  room_log log_{room(1), {}};
  std::vector<std::shared_ptr<const draft>> drafts_;
  event_list events_;
  std::uint64_t number_ = 0;
};

/// A join of a room that holds `head` events: its feed's window holds the newest 256, storage answers the rest by
/// pages.
class join_rounds {
public:
  join_rounds(std::uint64_t head, std::uint32_t rewind) {
    options_.rewind = rewind;
    const auto all = events(head);
    const auto place = [&](std::uint64_t n) { return n == 0 ? position{} : all[n - 1]->at_position(); };
    const std::uint64_t before = head - std::min<std::uint64_t>(head, 256);
    const auto list = [&](std::uint64_t from, std::uint64_t to) {
      return event_list(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to));
    };
    view_ = {{place(head), {}}, place(before), std::make_shared<const event_list>(list(before, head)), place(head)};
    for (std::uint64_t from = 0; from < before; from += page_events) {
      auto page = list(from, std::min<std::uint64_t>(from + page_events, head));
      pages_.push_back({std::move(page), place(from).term, view_.head, {}, false});
    }
  }

  /// @returns whether it went live
  bool run() {
    join_merge merge("room-1", options_, {page_events});
    play(merge, merge.start());
    return merge.state() == join_merge::state::live;
  }

private:
  static constexpr std::uint32_t page_events = 100;

  void play(join_merge& merge, join_merge::effects effects) {
    while (!effects.empty()) {
      join_merge::effects next;
      for (const auto& e : effects) {
        if (std::holds_alternative<join_merge::attach>(e)) next = merge.attached(view_);
        if (const auto* f = std::get_if<join_merge::fetch>(&e))
          next = merge.fetched(pages_.at(f->after.value / page_events));
        if (std::holds_alternative<join_merge::await_drained>(e)) next = merge.drained();
        if (const auto* live = std::get_if<join_merge::go_live>(&e)) next = merge.row_live(live->at);
      }
      effects = std::move(next);
    }
  }

  request::join_options options_;
  feed_view view_;
  std::vector<range_page> pages_;
};

/// One frame, to every row of a room.
class live_rounds {
public:
  explicit live_rounds(std::uint32_t rows) : rows_(rows) {
    table_.open(key_, {term{1}, seq{0}});
    for (std::uint32_t n = 0; n < rows; ++n) table_.go_live(n, key_, generation{1}, {term{1}, seq{0}}, sink_);
  }

  /// @returns whether every row was written to
  bool run() {
    const position before{term{1}, seq{number_}}, last{term{1}, seq{++number_}};
    table_.deliver(key_, std::make_shared<small_frame>(small_frame{before, last}), sink_);
    return sink_.written == number_ * rows_;
  }

private:
  struct small_frame {
    position from, to;
    position before() const { return from; }
    position last() const { return to; }
    std::size_t size_bytes() const { return 500; }
    bool holds(position at) const { return at == to; }
  };
  struct counting_sink {
    std::uint64_t written = 0;
    using frame = std::shared_ptr<small_frame>;
    bool write(std::uint32_t, const frame&) { return ++written > 0; }
    bool write_after(std::uint32_t, const frame&, position) { return ++written > 0; }
    void live(std::uint32_t, const room_key&, generation, position) {}
    void behind(std::uint32_t, const room_key&, generation, position, bool) {}
  };

  std::uint32_t rows_;
  room_key key_ = room(1)->key;
  live_table<std::uint32_t, counting_sink::frame> table_;
  counting_sink sink_;
  std::uint64_t number_ = 0;
};

}  // namespace parley::bench
